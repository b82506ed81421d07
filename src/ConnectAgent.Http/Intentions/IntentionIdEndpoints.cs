using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Text;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Http.Intentions;

/// <summary>Intentions by ID (intentions sections 5.2 and 5.3): the older API, which unchanged clients and <c>consul intention create</c> use.</summary>
internal sealed class IntentionIdEndpoints(
    IntentionStore intentions,
    LegacyIntentionStore byId,
    AclOptions acl,
    TokenResolver tokens,
    IServerClient servers,
    AgentIdentity agent)
{
    private const string Enterprise = ": Namespaces is a Consul Enterprise feature";

    /// <summary>CRUD-1 to CRUD-6, in the order of CRUD-2.</summary>
    public async Task CreateAsync(WireRequest request)
    {
        request.RefuseNamespace();
        var body = await RequestBody.ReadAsync(
            request, IntentionBody.Schema, error => WireException.Failed("Failed to decode request body: " + error));
        RequireShort(body);
        Require(IsOurs(body.SourceNamespace), $"Invalid SourceNS({body.SourceNamespace})" + Enterprise);
        Require(IsOurs(body.DestinationNamespace), $"Invalid DestinationNS({body.DestinationNamespace})" + Enterprise);
        RefusePartitions(body);
        agent.RequireConnect();
        var rights = await servers.ResolveTokenAsync(request.Token(), request.Aborted);
        RefusePeer(body);

        // CRUD-4: who names no destination has no right to it.
        TokenRights.Require(body.DestinationName.Length > 0 || !acl.Enabled, IntentionEndpoints.ToWrite(body.DestinationName));
        rights.Require(intentions.NamesOf(body.DestinationName).Select(IntentionEndpoints.ToWrite));
        if (body.Id.Length > 0)
        {
            throw WireException.Failed("ID must be empty when creating a new intention");
        }

        var id = await byId.CreateAsync(body.DestinationName, SourceOf(body));
        await WireReply.JsonAsync(request, new IntentionIdReply(id), IntentionJson.Default.IntentionIdReply);
    }

    /// <summary>CRUD-10. The namespace is not looked at (IAPI-3).</summary>
    public async Task GetAsync(WireRequest request)
    {
        var options = ReadOptions.Parse(request);
        agent.RequireDatacenter(options.Datacenter);
        agent.RequireConnect();
        await servers.ResolveTokenAsync(options.Token, request.Aborted);
        if (request.Tail.Length > 0 && IntentionIds.WhyMalformed(request.Tail) is { } reason)
        {
            throw WireException.BadRequest(reason);
        }

        var (found, index) = await intentions.GetAsync(request.Tail, ControlPlaneReads.Blocking(options, tokens), request.Aborted);
        if (found is null)
        {
            throw new ServerException(FailureKind.NotFound, "Intention not found");
        }

        IntentionEndpoints.RequireRead(await servers.ResolveTokenAsync(options.Token, request.Aborted), found);

        // DEF-6: without the index blocking would be unusable.
        WireReply.QueryHeaders(request.Context, index);
        await WireReply.JsonAsync(request, found, IntentionJson.Default.Intention);
    }

    /// <summary>Replaces all fields of the intention that the URL names; without an ID in the URL it fails (intentions CRUD-11, CRUD-12).</summary>
    public async Task PutAsync(WireRequest request)
    {
        request.RefuseNamespace();
        var body = await RequestBody.ReadAsync(request, IntentionBody.Schema);
        RequireShort(body);
        RefusePartitions(body);
        agent.RequireConnect();
        var rights = await servers.ResolveTokenAsync(request.Token(), request.Aborted);
        RefusePeer(body);
        var destination = DestinationOf(request.Tail, "modify");
        rights.Require(IntentionEndpoints.ToWrite(destination));
        if (body.DestinationName != destination)
        {
            throw WireException.Failed("Cannot modify DestinationNS or DestinationName for an intention once it exists.");
        }

        RequireOurs(body.SourceNamespace, "source");
        RequireOurs(body.DestinationNamespace, "destination");
        await byId.UpdateAsync(request.Tail, destination, SourceOf(body));
        await WireReply.JsonAsync(request, new IntentionIdReply(request.Tail), IntentionJson.Default.IntentionIdReply);
    }

    /// <summary>CRUD-13. The namespace is not looked at (IAPI-3).</summary>
    public async Task DeleteAsync(WireRequest request)
    {
        agent.RequireConnect();
        var rights = await servers.ResolveTokenAsync(request.Token(), request.Aborted);
        rights.Require(IntentionEndpoints.ToWrite(DestinationOf(request.Tail, "delete")));
        await byId.DeleteAsync(request.Tail);
        await WireReply.JsonAsync(request, true, WireJson.Default.Boolean);
    }

    // The write looks the ID up once more; its destination cannot have changed meanwhile, so the right still fits.
    private string DestinationOf(string id, string verb) => IntentionIds.WhyMalformed(id) is { } reason
        ? throw WireException.Failed("Intention lookup failed: " + reason)
        : byId.FindDestination(id) ?? throw WireException.Failed($"Cannot {verb} non-existent intention: '{id}'");

    private static IntentionSource SourceOf(IntentionBody body) =>
        body.ToSource(body.SourceName) with { LegacyMeta = IntentionMeta.Stored(body.Meta) };

    private static bool IsOurs(string name) => name.Length == 0 || name.Equals("default", StringComparison.OrdinalIgnoreCase);

    private static void RequireShort(IntentionBody body)
    {
        InputLimits.RequireName("SourceName", body.SourceName);
        InputLimits.RequireName("DestinationName", body.DestinationName);
    }

    // IXN-16.
    private static void RefusePartitions(IntentionBody body)
    {
        Require(IsOurs(body.SourcePartition), "Cannot specify a source partition with this endpoint");
        Require(IsOurs(body.DestinationPartition), "Cannot specify a destination partition with this endpoint");
    }

    private static void RefusePeer(IntentionBody body)
    {
        if (body.SourcePeer.Length > 0)
        {
            throw WireException.Failed("SourcePeer field is not supported on this endpoint. Use config entries instead");
        }
    }

    // A new intention answers 400 to a foreign namespace, a changed one 500 (CRUD-11).
    private static void RequireOurs(string name, string side)
    {
        if (!IsOurs(name))
        {
            throw WireException.Failed($"Invalid {side} namespace {GoQuote.Of(name)}" + Enterprise);
        }
    }

    private static void Require(bool holds, string text)
    {
        if (!holds)
        {
            throw WireException.BadRequest(text);
        }
    }
}
