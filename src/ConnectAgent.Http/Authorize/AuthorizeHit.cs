using System.Buffers;
using ConnectAgent.Agent;
using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Revocation;
using ConnectAgent.Caching;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;

namespace ConnectAgent.Http.Authorize;

/// <summary>
/// May this peer connect to me, when memory knows: the same checks as <see cref="AuthorizeEndpoints"/>, in the same order (intentions AUTHZ-10),
/// each of which only lets pass here.
/// </summary>
internal sealed class AuthorizeHit(
    Authorizer authorizer, RevocationService revocations, HitRights rights, AgentIdentity agent, AuthorizeOptions options, HitReply reply) : IHit
{
    private static readonly Func<IntentionDecision, ReadOnlyMemory<byte>> Render =
        static decision => HitReply.Render(new AuthorizeReply(decision.Allowed, decision.Reason), AuthorizeJson.Default.AuthorizeReply);

    public string Route => "/v1/agent/connect/authorize";

    public string Method => HttpMethods.Post;

    public bool Takes(string target) => target == Route;

    public bool TryAnswer(HttpContext context, string target, out Task answer)
    {
        answer = Task.CompletedTask;
        // DEF-3, DEF-5: what strict agents compare is not looked at here.
        if (options.Strict || context.Request.Headers.ContainsKey("X-Consul-Namespace") || !context.Request.BodyReader.TryRead(out var read))
        {
            return false;
        }

        var body = read.Buffer;
        var decision = read.IsCompleted && body.IsSingleSegment ? TryDecide(context, body.FirstSpan) : null;
        if (decision is not { } decided)
        {
            // Nothing of it counts as looked at: the endpoint reads it from its start.
            context.Request.BodyReader.AdvanceTo(body.Start);
            return false;
        }

        context.Request.BodyReader.AdvanceTo(body.End);
        HitReply.AddCache(reply.Begin(context), decided);
        answer = HitReply.WriteAsync(context, reply.BodyOf(decided.Value, Render));
        return true;
    }

    private CacheAnswer<IntentionDecision>? TryDecide(HttpContext context, ReadOnlySpan<byte> json)
    {
        var prefix = MatchRequest.TargetPrefix.Length;
        Span<char> text = stackalloc char[PlainQuestion.Longest];
        Span<char> key = stackalloc char[prefix + PlainQuestion.Longest];
        MatchRequest.TargetPrefix.CopyTo(key);
        if (!PlainQuestion.TryRead(json, text, key[prefix..], out var question)
            || question.Target.IsEmpty
            || question.Target.Contains('/')
            || !PlainServiceUri.TryRead(question.ClientCertUri, out var client)
            || client.Namespace is not SpiffeId.DefaultNamespace)
        {
            return null;
        }

        var token = WireRequest.TokenOf(context.Request.Headers) is { Length: > 0 } own ? own : agent.DefaultToken;
        return authorizer.Find(token, key[..(prefix + question.Target.Length)]) is { } entry
            && rights.Has(
                token,
                new AclQuestion(AclResource.Service, entry.Request.Target, AclAccess.Write),
                new AclQuestion(AclResource.Intention, entry.Request.Target, AclAccess.Read))
            && revocations.IsClear(client.Service, question.ClientCertSerial)
            && authorizer.TryDecide(entry, client.Service, out var answer)
                ? answer
                : null;
    }
}
