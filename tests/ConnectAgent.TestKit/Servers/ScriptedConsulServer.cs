using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ConnectAgent.Agent.Servers;

namespace ConnectAgent.TestKit.Servers;

/// <summary>
/// A server of Consul's HTTP API on a real loopback socket that misbehaves when told to; otherwise it answers, and holds, as
/// <see cref="ScriptedServerClient"/> does. Bytes go out as the script wrote them, so answers may be no HTTP at all.
/// </summary>
public sealed class ScriptedConsulServer : IAsyncDisposable
{
    private readonly ConcurrentQueue<ScriptedRequest> _requests = new();
    private readonly ConcurrentQueue<ScriptedRequest> _probes = new();
    private readonly ConcurrentDictionary<Socket, bool> _connections = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource _arrived = NewSignal();
    private int _left;
    private CancellationTokenSource _script = new();
    private Func<ScriptedRequest, Task<ScriptedAnswer?>> _fault = static _ => Task.FromResult<ScriptedAnswer?>(null);
    private Socket? _listener;

    private ScriptedConsulServer(ScriptedServerClient content, int port)
    {
        Api = new ScriptedConsulApi(content);
        Port = port;
        Listen();
    }

    /// <summary>How it answers while it behaves.</summary>
    public ScriptedConsulApi Api { get; }

    /// <summary>What it serves while it behaves.</summary>
    public ScriptedServerClient Content => Api.Content;

    public int Port { get; private set; }

    public Uri Address => new($"http://127.0.0.1:{Port}");

    private bool SetsNodeApart { get; init; }

    /// <summary>How often somebody looked whether the server is there.</summary>
    public int Probes => _probes.Count;

    /// <summary>Every request that arrived, in order, but for those that look whether the server is there.</summary>
    public IReadOnlyList<ScriptedRequest> Requests => [.. _requests];

    /// <summary>Starts one.</summary>
    /// <param name="content">What it serves.</param>
    /// <param name="setsNodeApart">
    /// Whether what an agent says of its own node is taken, whatever the script, and counts as no request: for tests of whole agents that are about something else.
    /// </param>
    public static ScriptedConsulServer Start(ScriptedServerClient? content = null, bool setsNodeApart = false) =>
        new(content ?? new ScriptedServerClient(TimeProvider.System), 0) { SetsNodeApart = setsNodeApart };

    /// <summary>From now on requests are answered so; null from the script means as usual. Requests that are being held are looked at anew.</summary>
    public void Script(Func<ScriptedRequest, Task<ScriptedAnswer?>> fault)
    {
        CancellationTokenSource former;
        lock (_gate)
        {
            _fault = fault;
            (former, _script) = (_script, new CancellationTokenSource());
        }

        former.Cancel();
    }

    /// <inheritdoc cref="Script(Func{ScriptedRequest, Task{ScriptedAnswer}})"/>
    public void Script(Func<ScriptedRequest, ScriptedAnswer?> fault) => Script(request => Task.FromResult(fault(request)));

    public void Heal() => Script(static _ => (ScriptedAnswer?)null);

    /// <summary>Stops listening and resets every connection; <see cref="Listen"/> comes back on the same port.</summary>
    public void Refuse()
    {
        _listener?.Dispose();
        _listener = null;
        foreach (var connection in _connections.Keys)
        {
            Reset(connection);
        }
    }

    public void Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, optionValue: true);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, Port));
        listener.Listen(512);
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        _listener = listener;
        _ = AcceptAsync(listener);
    }

    /// <summary>Waits until so many requests of a kind have arrived.</summary>
    public async Task<IReadOnlyList<ScriptedRequest>> SeenAsync(int count, Func<ScriptedRequest, bool> kind)
    {
        IReadOnlyList<ScriptedRequest> seen = [];
        await HappenedAsync(() => (seen = [.. _requests.Where(kind)]).Count >= count);
        return seen;
    }

    /// <summary>Waits until so many requests were given up by who made them, before they were answered.</summary>
    public Task LeftAsync(int count) => HappenedAsync(() => Volatile.Read(ref _left) >= count);

    private async Task HappenedAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            Task arrived;
            lock (_gate)
            {
                arrived = _arrived.Task;
            }

            if (condition())
            {
                return;
            }

            await arrived.WaitAsync(limit.Token);
        }
    }

    public ValueTask DisposeAsync()
    {
        Refuse();
        _script.Cancel();
        return ValueTask.CompletedTask;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Zero linger: the other side gets a reset instead of an end.
    private static void Reset(Socket connection)
    {
        try
        {
            connection.LingerState = new LingerOption(enable: true, 0);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // It is gone already.
        }

        connection.Dispose();
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                var connection = await listener.AcceptAsync();
                connection.NoDelay = true;
                _connections[connection] = true;
                _ = ServeAsync(connection);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // No longer listening.
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        try
        {
            while (await ReadAsync(connection) is { } request)
            {
                var isOfNode = SetsNodeApart && request.IsOfNode;
                (request.IsProbe || isOfNode ? _probes : _requests).Enqueue(request);
                Signal();
                var answer = isOfNode ? ScriptedAnswer.Ok(request.NodeAnswer, 1) : await AnswerAsync(connection, request);
                if (answer.IsReset)
                {
                    Reset(connection);
                    return;
                }

                await connection.SendAsync(answer.Bytes);
                foreach (var piece in answer.Then)
                {
                    await connection.SendAsync(await piece);
                }

                if (answer.Closes)
                {
                    // What is closed while a read is pending resets the connection, and the other side loses what it has not read yet.
                    connection.Shutdown(SocketShutdown.Send);
                    await connection.ReceiveAsync(new byte[1]);
                    return;
                }
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The client went away, or the server does.
        }
        finally
        {
            _connections.TryRemove(connection, out _);
            connection.Dispose();
        }
    }

    private void Signal()
    {
        TaskCompletionSource arrived;
        lock (_gate)
        {
            (arrived, _arrived) = (_arrived, NewSignal());
        }

        arrived.TrySetResult();
    }

    private async Task<ScriptedAnswer> AnswerAsync(Socket connection, ScriptedRequest request)
    {
        // Nothing follows a request before its answer: what ends the read is the client's going away (http-conventions IDX-11).
        using var left = new CancellationTokenSource();
        var watch = WatchAsync(connection, left);
        while (true)
        {
            CancellationToken changed;
            Func<ScriptedRequest, Task<ScriptedAnswer?>> fault;
            lock (_gate)
            {
                (fault, changed) = (_fault, _script.Token);
            }

            using var either = CancellationTokenSource.CreateLinkedTokenSource(left.Token, changed);
            try
            {
                return await fault(request).WaitAsync(left.Token) ?? await Api.AnswerAsync(request, either.Token);
            }
            catch (OperationCanceledException) when (left.IsCancellationRequested)
            {
                Interlocked.Increment(ref _left);
                Signal();
                throw;
            }
            catch (OperationCanceledException) when (!left.IsCancellationRequested && changed.IsCancellationRequested)
            {
                // Another script.
            }
        }
    }

    private static async Task WatchAsync(Socket connection, CancellationTokenSource left)
    {
        try
        {
            if (await connection.ReceiveAsync(new byte[1], SocketFlags.Peek) == 0)
            {
                await left.CancelAsync();
            }
        }
        catch (SocketException)
        {
            await left.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // Answered and closed.
        }
    }

    private static async Task<ScriptedRequest?> ReadAsync(Socket connection)
    {
        var bytes = new List<byte>();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var text = Encoding.ASCII.GetString([.. bytes]);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0 && ScriptedRequest.Parse(text[..end]) is var request && bytes.Count - end - 4 >= request.Length)
            {
                return request with { Body = Encoding.UTF8.GetString([.. bytes.Skip(end + 4).Take(request.Length)]) };
            }

            var read = await connection.ReceiveAsync(buffer);
            if (read == 0)
            {
                return null;
            }

            bytes.AddRange(buffer.AsSpan(0, read));
        }
    }
}
