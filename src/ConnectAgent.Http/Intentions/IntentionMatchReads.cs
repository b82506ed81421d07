using System.Runtime.CompilerServices;
using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Http.Intentions;

/// <summary>What a match asks (intentions MAT-1).</summary>
/// <param name="Names">For whom.</param>
/// <param name="Spelled">The names as the caller wrote them.</param>
internal sealed record MatchQuery(ReadOptions Options, MatchNames Names, IReadOnlyList<string> Spelled);

/// <summary>Matches out of the agent's cache, and what they have in common with those that are asked of the control plane (intentions MAT-1 to MAT-3).</summary>
internal sealed class IntentionMatchReads(Authorizer authorizer, IServerClient servers, AgentIdentity agent)
{
    private readonly ConditionalWeakTable<IntentionMatch, MatchBody> _bodies = [];

    /// <summary>Answers from the cache alone; which datacenters there are is known to the servers.</summary>
    public Task AnswerAsync(WireRequest request) => AnswerAsync(request, Parse(request, static _ => { }));

    /// <summary>Answers a request from the cache.</summary>
    public async Task AnswerAsync(WireRequest request, MatchQuery query)
    {
        var options = query.Options;
        await RequireAsync(request, query);
        var answer = await authorizer.MatchAsync(
            MatchRequest.ForNames(options.Datacenter, options.Token, query.Names, query.Spelled),
            new CacheRead(options.Blocking),
            request.Aborted);
        WireReply.CachedQueryHeaders(request.Context, answer, options.Consistency);
        await ReplyAsync(request, query, answer.Value);
    }

    /// <summary>Reads the request, in the order that decides which error wins.</summary>
    /// <param name="request">The request.</param>
    /// <param name="requireDatacenter">Refuses a datacenter that is not served.</param>
    public MatchQuery Parse(WireRequest request, Action<string> requireDatacenter)
    {
        var options = ReadOptions.Parse(request);
        request.RefuseNamespace();
        var byDestination = IntentionNames.By(request.Query);
        var spelled = request.Query.All("name");
        if (spelled.Count == 0)
        {
            throw WireException.Failed("required query parameter 'name' not set");
        }

        var parsed = spelled.Select(text => IntentionNames.Parse("name", text)).ToList();
        request.FailsWithQueryHeaders = true;
        requireDatacenter(options.Datacenter);
        agent.RequireConnect();
        if (parsed.FirstOrDefault(name => !name.IsOurs) is { } foreign)
        {
            throw new ServerException(
                FailureKind.Mistake, $"Invalid match entry namespace {GoQuote.Of(foreign.Namespace)}: Namespaces is a Consul Enterprise feature");
        }

        return new MatchQuery(options, new MatchNames(byDestination, [.. parsed.Select(name => name.Name)]), spelled);
    }

    /// <summary>ACL-2: on every name asked.</summary>
    public async ValueTask RequireAsync(WireRequest request, MatchQuery query)
    {
        var rights = await servers.ResolveTokenAsync(query.Options.Token, request.Aborted);
        foreach (var name in query.Names.Names.Where(name => name.Length > 0))
        {
            await rights.RequireAsync(new AccessRequest(AclResource.Intention, name, AclAccess.Read), request.Aborted);
        }
    }

    /// <summary>MAT-2: null where nothing matches; a repeated name gives one key; keys sorted (JSON-1).</summary>
    public Task ReplyAsync(WireRequest request, MatchQuery query, IReadOnlyList<IntentionMatch> matches)
    {
        if (request.IsPretty || matches is not [{ Intentions.Count: > 0 } only])
        {
            return WireReply.JsonAsync(request, ReplyOf(query, matches), IntentionJson.Default.DictionaryStringIReadOnlyListIntention);
        }

        // Thousands who were parked get the same answer at once.
        if (!_bodies.TryGetValue(only, out var body) || body.Name != query.Spelled[0])
        {
            body = new MatchBody(
                query.Spelled[0], RenderedBodies.Render(ReplyOf(query, matches), IntentionJson.Default.DictionaryStringIReadOnlyListIntention));
            _bodies.AddOrUpdate(only, body);
        }

        return WireReply.JsonAsync(request, body.Body);
    }

    private static Dictionary<string, IReadOnlyList<Intention>?> ReplyOf(MatchQuery query, IReadOnlyList<IntentionMatch> matches)
    {
        Dictionary<string, IReadOnlyList<Intention>?> reply = new(StringComparer.Ordinal);
        foreach (var (name, match) in query.Spelled.Zip(matches).OrderBy(pair => pair.First, StringComparer.Ordinal))
        {
            reply[name] = match.Intentions.Count == 0 ? null : match.Intentions;
        }

        return reply;
    }

    // The name as the caller wrote it is the key in the answer, and the same match may have been asked for by another.
    private sealed record MatchBody(string Name, RenderedBody Body);
}
