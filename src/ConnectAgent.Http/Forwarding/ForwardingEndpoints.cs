using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Http.Chains;
using ConnectAgent.Http.Discovery;
using ConnectAgent.Http.Intentions;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.State;
using ConnectAgent.State.Snapshots;
using Microsoft.AspNetCore.Http.Features;

namespace ConnectAgent.Http.Forwarding;

/// <summary>
/// The servers' own API in front of an agent without a control plane: a call goes to them under its caller's token, and what they answer
/// goes back as it comes, piece by piece.
/// </summary>
internal sealed class ForwardingEndpoints(
    ConsulServers servers, IntentionMatchReads matches, CachedReads cached, WanAddresses addresses, AgentIdentity agent) : IWireEndpoints
{
    private const string Snapshot = "/v1/snapshot";

    // Only a limit: the server ends a blocking query by its own rules (http-conventions IDX-4).
    [Limit("http.forward_hold", "s", "the call to the server ends")]
    private static readonly TimeSpan LongestHold = TimeSpan.FromMinutes(10);

    private static readonly string[] SentAlong = ["Accept", "Accept-Encoding", "Cache-Control", "X-Consul-Namespace", "X-Forwarded-For", "traceparent", "tracestate"];

    /// <summary>What is the servers'; the rest of the API, <c>/v1/agent/</c>, is this agent's own. One that ends in a slash takes all below it.</summary>
    internal static IReadOnlyList<string> Paths { get; } =
    [
        "/v1/connect/", "/v1/config", "/v1/config/", "/v1/discovery-chain/", "/v1/acl/", "/v1/internal/acl/", "/v1/internal/ui/", "/v1/catalog/",
        "/v1/health/", "/v1/coordinate/", "/v1/query", "/v1/query/", "/v1/kv/", "/v1/session/", "/v1/txn", "/v1/event/", "/v1/operator/", "/v1/peering/", "/v1/peerings",
        "/v1/status/",
        Snapshot,
    ];

    public void Map(WireRoutes routes)
    {
        (string Method, Permission Permission, WireHandler Handler)[] writes =
            [.. new[] { HttpMethods.Put, HttpMethods.Post, HttpMethods.Delete }.Select(method => (method, Permission.Forwarded, (WireHandler)ForwardAsync))];
        foreach (var path in Paths.Except(cached.All.Select(static read => read.Path)))
        {
            routes.MapUnread(path, [(HttpMethods.Get, Permission.Forwarded, ForwardAsync), .. writes]);
        }

        routes.MapUnread("/v1/connect/intentions/match", (HttpMethods.Get, Permission.Of(AclResource.Intention, AclAccess.Read, "each name"), MatchAsync));
        foreach (var read in cached.All)
        {
            // DCH-1: the one read that says more in a body.
            var others = read.Path != ChainEndpoints.Path ? writes : writes.Select(write => write.Method != HttpMethods.Post ? write
                : (write.Method, read.Permission, request => ReadAsync(request, read, posted => cached.ChainAsync(posted, ChainOverridesBody.ReadTextAsync))));
            routes.MapUnread(read.Path, [(HttpMethods.Get, read.Permission, request => ReadAsync(request, read, read.AnswerAsync)), .. others]);
        }
    }

    // CON-3: what the caller wants cached is cached here, as by any client agent.
    private Task MatchAsync(WireRequest request)
    {
        if (!CachedRead.IsAskedFor(request))
        {
            return ForwardAsync(request);
        }

        InputLimits.Require(request);
        return matches.AnswerAsync(request);
    }

    // CACHE-42; what is not understood here is for the servers, as it is.
    private Task ReadAsync(WireRequest request, CachedRead read, WireHandler answerAsync)
    {
        if (!CachedRead.IsAskedFor(request) || !read.Understands(request))
        {
            return ForwardAsync(request);
        }

        InputLimits.Require(request);
        return answerAsync(request);
    }

    private Task ForwardAsync(WireRequest request) => TracedCall.RunAsync("forward", request, () => SendAsync(request));

    private async Task SendAsync(WireRequest request)
    {
        var path = request.Path;
        var method = request.Context.Request.Method;
        var isRead = method == HttpMethods.Get;
        request.FailsWithQueryHeaders = isRead;

        // Then it is read here, and so has to be plain.
        var translates = addresses.AreIn(request);
        var longest = path == Snapshot ? SnapshotUnpacking.Longest : RequestBody.Longest;
        var call = new ConsulCall(
            ConsulOperation.Forward,
            new HttpMethod(method),
            SpiffePath.Escape(path) + QueryOf(request),
            request.Token(),
            isRead && request.Query.First("index") is not ("" or "0") ? LongestHold : TimeSpan.Zero)
        {
            Headers = [.. SentAlong.Where(name => !translates || name != "Accept-Encoding").Select(name => KeyValuePair.Create(name, request.Context.Request.Headers[name].ToString()))
                .Where(header => header.Value.Length > 0)],
            Upload = isRead ? null : UploadOf(request.Context, longest),
            Datacenter = request.Query.First("dc") is var asked && asked != agent.Datacenter ? asked : string.Empty,

            // The servers write or read their whole state before they say anything.
            Silence = path == Snapshot ? LongestHold : null,
        };
        try
        {
            await servers.ForwardAsync(
                call,
                answer => translates
                    ? ForwardedReply.WriteAsync(request.Context, answer, body => addresses.Translate(body, request.Datacenter(), request.IsPretty))
                    : ForwardedReply.WriteAsync(request.Context, answer),
                request.Aborted);
        }
        catch (ServerException) when (request.Context.Response.HasStarted)
        {
            // The end of the answer is missing; so that the caller does not take the part for the whole.
            request.Context.Abort();
        }
        catch (UploadException error)
        {
            // The dispatcher knows what to say to who sends half a request.
            throw error.InnerException is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }
                ? RequestBody.TooLong(longest) : error.InnerException!;
        }
    }

    // BODY-7: a body on a GET is ignored.
    private static ConsulUpload? UploadOf(HttpContext context, long longest)
    {
        if (!context.Features.GetRequiredFeature<IHttpRequestBodyDetectionFeature>().CanHaveBody)
        {
            return null;
        }

        // One more than it may have, so that the error is ours.
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = longest + 1;
        return context.Request.ContentLength > longest
            ? throw RequestBody.TooLong(longest)
            : new ConsulUpload(context.Request.Body, context.Request.ContentLength, context.Request.ContentType ?? string.Empty);
    }

    // The token goes in a header: servers and what stands before them log URLs.
    private string QueryOf(WireRequest request)
    {
        var pairs = request.Query.Pairs.Where(pair => pair.Name != "token").ToList();
        if (request.Query.First("dc").Length == 0)
        {
            pairs.Add(("dc", agent.Datacenter));
        }

        return "?" + string.Join('&', pairs.Select(pair => Uri.EscapeDataString(pair.Name) + "=" + Uri.EscapeDataString(pair.Value)));
    }
}
