using ConnectAgent.Agent;
using ConnectAgent.Agent.Roots;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Certificates;

namespace ConnectAgent.Http.Roots;

/// <summary>Whom do I trust, when memory knows (ca CA-9): the agent's own datacenter, without an index.</summary>
internal sealed class RootsHit(RootsService roots, AgentIdentity agent, HitReply reply) : IHit
{
    private static readonly Func<CaRoots, ReadOnlyMemory<byte>> Render = static roots => HitReply.Render(roots, RootsJson.Default.CaRoots);

    public string Route => "/v1/agent/connect/ca/roots";

    public string Method => HttpMethods.Get;

    public bool Takes(string target) => target == Route;

    public bool TryAnswer(HttpContext context, string target, out Task answer)
    {
        answer = Task.CompletedTask;
        var request = context.Request.Headers;
        if (request.CacheControl.Count > 0
            || !roots.TryRead(agent.Datacenter, WireRequest.TokenOf(request) is { Length: > 0 } own ? own : agent.DefaultToken, out var read))
        {
            return false;
        }

        var body = reply.BodyOf(read.Value, Render);
        var headers = reply.Begin(context);
        if (read.InContact)
        {
            headers["X-Consul-Index"] = body.TextOf(read.Index);
            headers["X-Consul-Knownleader"] = "true";
            headers["X-Consul-Lastcontact"] = "0";
            headers["X-Consul-Query-Backend"] = "blocking-query";
            HitReply.AddCache(headers, read);
        }
        else
        {
            WireReply.CachedQueryHeaders(context, read);
        }

        answer = HitReply.WriteAsync(context, body);
        return true;
    }
}
