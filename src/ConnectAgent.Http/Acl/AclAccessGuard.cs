using ConnectAgent.Agent.Identity;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.State;

namespace ConnectAgent.Http.Acl;

/// <summary>What all ACL endpoints share (acl sections 4 and 5): whether ACLs are on, who may, and blocking reads by a table's index.</summary>
internal sealed class AclAccessGuard(
    AclOptions options, TokenResolver tokens, StateStore store, BlockingReader reader, AgentIdentity agent)
{
    /// <summary>ACL-ERR-5: before anything else of the request is looked at.</summary>
    /// <exception cref="WireException">401.</exception>
    public void RequireEnabled()
    {
        if (!options.Enabled)
        {
            throw Disabled();
        }
    }

    /// <summary>The answer of every ACL endpoint while ACLs are off (acl ACL-ERR-5).</summary>
    public static WireException Disabled() => new(StatusCodes.Status401Unauthorized, "ACL support disabled");

    /// <summary>ACLs on, and the path names one.</summary>
    /// <param name="what">What it names, as the reference calls it: <c>role ID</c>.</param>
    /// <exception cref="WireException">401, or 400 without a name.</exception>
    public void RequireTail(WireRequest request, string what)
    {
        RequireEnabled();
        if (request.Tail.Length == 0)
        {
            throw WireException.BadRequest("Missing " + what);
        }
    }

    /// <summary>For a write: ACLs on, no namespace, acl:write.</summary>
    public void RequireWrite(WireRequest request)
    {
        RequireEnabled();
        request.RefuseNamespace();
        tokens.Resolve(request.Token()).Require(AccessRequest.AclWrite);
    }

    /// <summary>The same for what belongs to a datacenter, unlike tokens, policies and roles (ACL-API-2).</summary>
    public void RequireWriteHere(WireRequest request)
    {
        RequireEnabled();
        request.RefuseNamespace();
        agent.RequireDatacenter(request.Datacenter());
        RequireWrite(request);
    }

    /// <summary>Reads one or more tables; blocking; acl:read is looked at before and after the wait (ACL-SEC-3).</summary>
    /// <param name="request">Whose read.</param>
    /// <param name="table">Whose index the answer has (ACL-API-5).</param>
    /// <param name="read">Makes the answer; the flag tells whether secrets may be shown.</param>
    /// <param name="missing">What is thrown for null; without it null is the answer, and has no query headers.</param>
    public async Task<T> ReadAsync<T>(
        WireRequest request, StateTable table, Func<StateSnapshot, bool, T> read, Func<Exception>? missing = null)
    {
        RequireEnabled();
        request.RefuseNamespace();
        var readOptions = ReadOptions.Parse(request);
        request.FailsWithQueryHeaders = true;
        agent.RequireDatacenter(readOptions.Datacenter);
        tokens.Resolve(readOptions.Token).Require(AccessRequest.AclRead);
        var (_, index) = await WaitAsync(request, readOptions, table);
        var rights = tokens.Resolve(readOptions.Token);
        rights.Require(AccessRequest.AclRead);
        var value = read(store.Current, rights.AclWrite());
        if (value is not null || missing is not null)
        {
            Read(request, index);
        }

        return value is null && missing is not null ? throw missing() : value;
    }

    /// <summary>Reads one row and shows it; a missing one is 404 with an empty body (ACL-ROLE-2, ACL-AM-2, ACL-BR-1).</summary>
    public async Task ShowOrMissAsync<T>(
        WireRequest request, StateTable table, Func<StateSnapshot, T?> find, Func<WireRequest, T, Task> show)
        where T : class
    {
        await (await ReadAsync(request, table, (snapshot, _) => find(snapshot)) is { } found
            ? show(request, found)
            : WireReply.EmptyAsync(request.Context, StatusCodes.Status404NotFound));
    }

    /// <summary>The state was read: its headers are sent, also when nothing was found in it.</summary>
    public static void Read(WireRequest request, ulong index)
    {
        request.FailsWithQueryHeaders = false;
        WireReply.QueryHeaders(request.Context, index);
    }

    /// <summary>Waits as the request's options say until a table changes.</summary>
    public Task<(bool Value, ulong Index)> WaitAsync(WireRequest request, ReadOptions readOptions, StateTable table) => reader.ReadAsync(
        ControlPlaneReads.Blocking(readOptions) with { Rights = tokens.TryResolve, Token = readOptions.Token },
        [Topic.Any(table)],
        state => (true, state.IndexOf(table)),
        static (_, _) => false,
        request.Aborted);
}
