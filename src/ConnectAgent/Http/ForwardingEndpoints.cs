using ConnectAgent.Agent;
using ConnectAgent.Agent.Servers.Consul;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.Http;

/// <summary>
/// The servers' own API in front of an agent without a control plane: a call goes to them under its caller's token, and what they answer
/// goes back as it came.
/// </summary>
internal sealed class ForwardingEndpoints(ConsulServers servers, AgentIdentity agent) : IWireEndpoints
{
    // Only a limit: the server ends a blocking query by its own rules (http-conventions IDX-4).
    private static readonly TimeSpan LongestHold = TimeSpan.FromMinutes(10);

    private static readonly string[] SentAlong = ["Cache-Control", "X-Consul-Namespace"];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapWire(
            "/v1/connect/",
            (HttpMethods.Get, Permission.Forwarded, request => ForwardAsync(request, "/v1/connect/")),
            (HttpMethods.Put, Permission.Forwarded, request => ForwardAsync(request, "/v1/connect/")),
            (HttpMethods.Post, Permission.Forwarded, request => ForwardAsync(request, "/v1/connect/")),
            (HttpMethods.Delete, Permission.Forwarded, request => ForwardAsync(request, "/v1/connect/")));
        routes.MapWire("/v1/status/", (HttpMethods.Get, Permission.Forwarded, request => ForwardAsync(request, "/v1/status/")));
    }

    private async Task ForwardAsync(WireRequest request, string prefix)
    {
        var method = request.Context.Request.Method;
        var isRead = method == HttpMethods.Get;
        request.FailsWithQueryHeaders = isRead;
        var answer = await servers.ForwardAsync(
            new ConsulCall(
                ConsulOperation.Forward,
                new HttpMethod(method),
                SpiffePath.Escape(prefix + request.Tail) + QueryOf(request),
                request.Token(),
                isRead && request.Query.First("index") is not ("" or "0") ? LongestHold : TimeSpan.Zero,
                isRead ? null : await RequestBody.ReadBytesAsync(request))
            {
                Headers = [.. SentAlong.Select(name => KeyValuePair.Create(name, request.Context.Request.Headers[name].ToString()))
                    .Where(header => header.Value.Length > 0)],
            },
            request.Aborted);
        await ReplyAsync(request.Context, answer);
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

    private static Task ReplyAsync(HttpContext context, ConsulAnswer answer)
    {
        foreach (var (name, values) in answer.Headers)
        {
            if (name.StartsWith("X-Consul-", StringComparison.OrdinalIgnoreCase) || name is "X-Cache" or "Age" or "Retry-After")
            {
                context.Response.Headers[name] = values.First();
            }
        }

        return answer.Body.IsEmpty
            ? WireReply.EmptyAsync(context, answer.Status)
            : WireReply.BytesAsync(
                context, answer.Status, answer.ContentType.Length > 0 ? answer.ContentType : "application/octet-stream", answer.Body);
    }
}
