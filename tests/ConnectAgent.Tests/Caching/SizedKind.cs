using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Reads;

namespace ConnectAgent.Tests.Caching;

/// <summary>Which value, and of what size; one of no size carries nothing.</summary>
internal sealed record SizedRequest(string Name, int Size, string Token = "") : CacheRequest("dc1", Token)
{
    public override string Key => Name;

    public override IReadOnlyList<AccessRequest> Needs => [];
}

/// <summary>Values of known sizes, which stay as they are until they are given another size.</summary>
internal sealed class SizedKind : CacheKind<SizedRequest, byte[]>
{
    private readonly Dictionary<string, Held> _held = new(StringComparer.Ordinal);

    public override string Name => "sized";

    public int Fetches { get; private set; }

    public override long SizeOf(byte[] value) => value.Length;

    public override bool IsEmpty(byte[] value) => value.Length == 0;

    /// <summary>A name that was asked for gets a value of another size.</summary>
    public void Resize(string name, int size)
    {
        Held former;
        lock (_held)
        {
            former = _held[name];
            _held[name] = new Held(size, former.Index + 1);
        }

        former.Changed.SetResult();
    }

    public override async Task<ServerRead<byte[]>?> FetchAsync(FetchContext<SizedRequest, byte[]> context, CancellationToken cancellationToken)
    {
        while (true)
        {
            Held held;
            lock (_held)
            {
                Fetches++;
                if (!_held.TryGetValue(context.Request.Name, out held!))
                {
                    _held.Add(context.Request.Name, held = new Held(context.Request.Size, 1));
                }
            }

            if (held.Index > context.Index)
            {
                return new ServerRead<byte[]>(new byte[held.Size], held.Index);
            }

            await held.Changed.Task.WaitAsync(cancellationToken);
        }
    }

    private sealed record Held(int Size, ulong Index)
    {
        public TaskCompletionSource Changed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
