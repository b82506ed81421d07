using System.Buffers;
using ConnectAgent.Agent;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Http.Leaves;

/// <summary>Who am I, when memory knows (leaf-certificates section 1): a plain name, without an index.</summary>
internal sealed class LeafHit(LeafService leaves, HitRights rights, AgentIdentity agent, HitReply reply) : IHit
{
    [Limit("leaf.plain_name", "characters", "takes the general path, with the same answer")]
    private const int LongestName = 128;
    private static readonly Func<LeafCertificate, ReadOnlyMemory<byte>> Render = static leaf => HitReply.Render(leaf, LeafJson.Default.LeafCertificate);

    // Neither dots, which could be path segments, nor anything escaped.
    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    public string Route => "/v1/agent/connect/ca/leaf/";

    public string Method => HttpMethods.Get;

    public bool Takes(string target) =>
        target.Length > Route.Length
        && target.Length <= Route.Length + LongestName
        && target.StartsWith(Route, StringComparison.Ordinal)
        && !target.AsSpan(Route.Length).ContainsAnyExcept(Plain);

    public bool TryAnswer(HttpContext context, string target, out Task answer)
    {
        answer = Task.CompletedTask;
        var request = context.Request.Headers;
        if (request.CacheControl.Count > 0 || request.ContainsKey("X-Consul-Namespace"))
        {
            return false;
        }

        Span<char> key = stackalloc char[LeafRequest.KeyPrefix.Length + LongestName];
        LeafRequest.KeyPrefix.CopyTo(key);
        target.AsSpan(Route.Length).CopyTo(key[LeafRequest.KeyPrefix.Length..]);
        var token = WireRequest.TokenOf(request) is { Length: > 0 } own ? own : agent.DefaultToken;
        if (leaves.Find(agent.Datacenter, token, key[..(LeafRequest.KeyPrefix.Length + target.Length - Route.Length)]) is not { } entry

            // LEAF-90: on each read, also of what is cached.
            || !rights.Has(token, new AclQuestion(AclResource.Service, entry.Request.Service, AclAccess.Write))
            || !leaves.TryRead(entry, out var read))
        {
            return false;
        }

        var body = reply.BodyOf(read.Value, Render);
        var headers = reply.Begin(context);
        headers["X-Consul-Index"] = body.TextOf(read.Index);
        HitReply.AddCache(headers, read);

        // A private key belongs in no shared HTTP cache (SEC-4).
        headers.CacheControl = "no-store";
        answer = HitReply.WriteAsync(context, body);
        return true;
    }
}
