using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Text;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Http.Intentions;

/// <summary>Intentions by name, list, match and check (intentions section 5).</summary>
internal sealed class IntentionEndpoints(
    IntentionStore intentions,
    IntentionIdEndpoints byId,
    IntentionMatchReads matches,
    TokenResolver tokens,
    IServerClient servers,
    AgentIdentity agent) : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        var read = Permission.Of(AclResource.Intention, AclAccess.Read, "source or destination");
        var write = Permission.Of(AclResource.Intention, AclAccess.Write, "the destination");
        routes.MapWire(
            "/v1/connect/intentions",
            (HttpMethods.Get, Permission.Filtered(AclResource.Intention, "source or destination"), ListAsync),
            (HttpMethods.Post, write, byId.CreateAsync));
        routes.MapWire(
            "/v1/connect/intentions/match",
            (HttpMethods.Get, Permission.Of(AclResource.Intention, AclAccess.Read, "each name"), MatchAsync));
        routes.MapWire(
            "/v1/connect/intentions/check",
            (HttpMethods.Get, Permission.Of(AclResource.Service, AclAccess.Read, "the destination"), CheckAsync));
        routes.MapWire(
            "/v1/connect/intentions/exact",
            (HttpMethods.Get, read, GetExactAsync),
            (HttpMethods.Put, write, PutExactAsync),
            (HttpMethods.Delete, write, DeleteExactAsync));
        routes.MapWire(
            "/v1/connect/intentions/",
            (HttpMethods.Get, read, byId.GetAsync),
            (HttpMethods.Put, write, byId.PutAsync),
            (HttpMethods.Delete, write, byId.DeleteAsync));
    }

    private async Task ListAsync(WireRequest request)
    {
        var options = ReadOptions.Parse(request);
        request.RefuseNamespace();
        request.FailsWithQueryHeaders = true;
        RequireServed(options.Datacenter);

        // LST-3: compiled before the token is looked at.
        var filter = ListFilter.Compile(options.Filter, IntentionFilter.Schema);
        await servers.ResolveTokenAsync(options.Token, request.Aborted);
        var (all, index) = await intentions.ListAsync(ControlPlaneReads.Blocking(options, tokens), request.Aborted);

        // ACL-2: what the token may not see is left out; looked at after the wait, when the right may have gone.
        var rights = await servers.ResolveTokenAsync(options.Token, request.Aborted);
        var visible = request.Visible(all, intention => MayRead(rights, intention));
        IReadOnlyList<Intention> list = [.. visible.Where(intention => filter?.Matches(intention) is not false)];
        WireReply.QueryHeaders(request.Context, index);
        await WireReply.JsonAsync(request, list, IntentionJson.Default.IReadOnlyListIntention);
    }

    private Task MatchAsync(WireRequest request)
    {
        var query = matches.Parse(request, agent.RequireDatacenter);
        return query.Options.Cached ? matches.AnswerAsync(request, query) : MatchAsync(request, query);
    }

    private async Task MatchAsync(WireRequest request, MatchQuery query)
    {
        await matches.RequireAsync(request, query);
        var (found, index) = await intentions.MatchAsync(
            query.Names.ByDestination, query.Names.Names, ControlPlaneReads.Blocking(query.Options, tokens), request.Aborted);
        await matches.RequireAsync(request, query);
        WireReply.QueryHeaders(request.Context, index, effective: query.Options.Consistency);
        await matches.ReplyAsync(request, query, found);
    }

    private async Task CheckAsync(WireRequest request)
    {
        var options = ReadOptions.Parse(request);
        request.RefuseNamespace();
        var source = IntentionNames.Required(request.Query, "source", emptyIsMissing: false);
        var destination = IntentionNames.Required(request.Query, "destination", emptyIsMissing: false);
        if (request.Query.Has("source-type") && request.Query.First("source-type") is var type && type != "consul")
        {
            throw WireException.Failed($"unsupported SourceType: {GoQuote.Of(type)}");
        }

        RequireServed(options.Datacenter);
        source.RequireOurs(name => $"Invalid source namespace {GoQuote.Of(name)}: Namespaces is a Consul Enterprise feature");
        destination.RequireOurs(name => $"Invalid destination namespace {GoQuote.Of(name)}: Namespaces is a Consul Enterprise feature");
        var rights = await servers.ResolveTokenAsync(options.Token, request.Aborted);
        TokenRights.Require(
            destination.Name.Length == 0 || rights.ServiceRead(destination.Name),
            new AccessRequest(AclResource.Service, destination.Name, AclAccess.Read));
        var decision = intentions.Check(source.Name, destination.Name, agent.DefaultDecision);
        await WireReply.JsonAsync(request, new CheckReply(decision.Allowed), IntentionJson.Default.CheckReply);
    }

    private async Task GetExactAsync(WireRequest request)
    {
        request.RefuseNamespace();
        var options = ReadOptions.Parse(request);
        var source = IntentionNames.Required(request.Query, "source", emptyIsMissing: false);
        var destination = IntentionNames.Required(request.Query, "destination", emptyIsMissing: false);
        RequireServed(options.Datacenter);
        source.RequireOurs(name => $"Invalid SourceNS {GoQuote.Of(name)}: Namespaces is a Consul Enterprise feature");
        destination.RequireOurs(name => $"Invalid DestinationNS {GoQuote.Of(name)}: Namespaces is a Consul Enterprise feature");
        IntentionNames.RequireNames(source, destination);
        await servers.ResolveTokenAsync(options.Token, request.Aborted);
        var (found, index) = await intentions.GetAsync(
            source.Name, destination.Name, ControlPlaneReads.Blocking(options, tokens), request.Aborted);
        if (found is null)
        {
            throw new ServerException(FailureKind.NotFound, "Intention not found");
        }

        RequireRead(await servers.ResolveTokenAsync(options.Token, request.Aborted), found);

        // DEF-6: without the index blocking would be unusable.
        WireReply.QueryHeaders(request.Context, index);
        await WireReply.JsonAsync(request, found, IntentionJson.Default.Intention);
    }

    private async Task PutExactAsync(WireRequest request)
    {
        request.RefuseNamespace();
        var (source, destination) = WriteNames(request);
        var body = await RequestBody.ReadAsync(request, IntentionBody.Schema);
        agent.RequireConnect();
        await RequireWriteAsync(request, destination.Name);
        if (body.SourcePeer.Length > 0)
        {
            throw WireException.Failed("SourcePeer field is not supported on this endpoint. Use config entries instead");
        }

        await intentions.UpsertAsync(destination.Name, body.ToSource(source.Name), body.Meta);
        await WireReply.JsonAsync(request, true, WireJson.Default.Boolean);
    }

    private async Task DeleteExactAsync(WireRequest request)
    {
        request.RefuseNamespace();
        var (source, destination) = WriteNames(request);
        agent.RequireConnect();
        await RequireWriteAsync(request, destination.Name);
        await intentions.DeleteAsync(source.Name, destination.Name);
        await WireReply.JsonAsync(request, true, WireJson.Default.Boolean);
    }

    // EX-2, EX-7: upstream drops a foreign namespace silently and so overwrites another service's rule.
    private static (IntentionName Source, IntentionName Destination) WriteNames(WireRequest request)
    {
        var source = IntentionNames.Required(request.Query, "source", emptyIsMissing: true);
        var destination = IntentionNames.Required(request.Query, "destination", emptyIsMissing: true);
        return source.IsOurs && destination.IsOurs
            ? (source, destination)
            : throw WireException.BadRequest(
                (source.IsOurs ? $"Invalid DestinationNS({destination.Namespace})" : $"Invalid SourceNS({source.Namespace})")
                + ": Namespaces is a Consul Enterprise feature");
    }

    // ACL-2: on source or destination.
    internal static void RequireRead(TokenRights rights, Intention intention) =>
        TokenRights.Require(MayRead(rights, intention), new AccessRequest(AclResource.Intention, intention.DestinationName, AclAccess.Read));

    internal static AccessRequest ToWrite(string destination) => new(AclResource.Intention, destination, AclAccess.Write);

    private static bool MayRead(TokenRights rights, Intention intention) =>
        rights.IntentionRead(intention.SourceName) || rights.IntentionRead(intention.DestinationName);

    // ACL-2: before validation and existence.
    private async ValueTask RequireWriteAsync(WireRequest request, string destination)
    {
        var rights = await servers.ResolveTokenAsync(request.Token(), request.Aborted);
        rights.Require(intentions.NamesOf(destination).Select(ToWrite));
    }

    // MDC-1: writes ignore the datacenter; reads do not.
    private void RequireServed(string datacenter)
    {
        agent.RequireDatacenter(datacenter);
        agent.RequireConnect();
    }
}
