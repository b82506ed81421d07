using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Revocation;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Http.Authorize;

/// <summary>
/// May this peer connect to me, and may it make this request (intentions sections 7 and 8)? The steps of AUTHZ-10 stand here once, in their order: each is
/// passed at once when memory knows that it lets pass, and else waited for, and it is that wait which has the words of every refusal.
/// </summary>
internal sealed class AuthorizeEndpoints : IWireEndpoints
{
    private static readonly Func<IntentionDecision, RenderedBody> Render =
        static decision => RenderedBodies.Render(new AuthorizeReply(decision.Allowed, decision.Reason), AuthorizeJson.Default.AuthorizeReply);

    private readonly Authorizer _authorizer;
    private readonly IServerClient _servers;
    private readonly AgentIdentity _agent;
    private readonly AuthorizeOptions _options;
    private readonly RenderedBodies _bodies;
    private readonly Step[] _steps;

    public AuthorizeEndpoints(
        Authorizer authorizer, PeerGuard peers, RevocationService revocations, IServerClient servers, AgentIdentity agent, AuthorizeOptions options, RenderedBodies bodies)
    {
        (_authorizer, _servers, _agent, _options, _bodies) = (authorizer, servers, agent, options, bodies);
        _steps =
        [
            new(TryReadBody, ReadBodyAsync),
            new(TryResolveToken, ResolveTokenAsync),
            new(call => call.Rights.AreKnownTo(ServiceWrite(call)), call => RequireAsync(call, ServiceWrite(call))),
            new(call => revocations.IsClear(call.Service, call.Serial), call => revocations.RefuseAsync(call.Client, call.Serial.ToString(), call.Request.Aborted)),
            new(static call => call.IsInDefaultPartition, static call => new($"Mismatched partitions: {GoQuote.Of(call.Client.Partition)} != \"default\"")),
            new(call => call.Rights.AreKnownTo(IntentionRead(call)), call => RequireAsync(call, IntentionRead(call))),
            new(_ => !options.Strict, call => peers.RefuseAsync(new Peer(call.Client, call.Serial.ToString()), call.Request.Aborted)),
            new(TryDecide, DecideAsync),
        ];
    }

    public void Map(WireRoutes routes)
    {
        var permission = Permission.Of(AclResource.Service, AclAccess.Write, "the target");
        routes.MapCached("/v1/agent/connect/authorize", (HttpMethods.Post, permission, request => AnswerAsync(request, isAboutRequest: false)));
        routes.MapCached("/v1/agent/connect/authorize/http", (HttpMethods.Post, permission, request => AnswerAsync(request, isAboutRequest: true)));
    }

    private static AccessRequest ServiceWrite(AuthorizeCall call) => new(AclResource.Service, call.Target, AclAccess.Write);

    private static AccessRequest IntentionRead(AuthorizeCall call) => new(AclResource.Intention, call.Target, AclAccess.Read);

    private Task AnswerAsync(WireRequest request, bool isAboutRequest)
    {
        request.RefuseNamespace();
        var call = AuthorizeCall.Begin(request, isAboutRequest);
        for (var step = 0; step < _steps.Length; step++)
        {
            if (!_steps[step].IsPassed(call))
            {
                return TraceAsync(call, step);
            }
        }

        var answering = ReplyAsync(call, wasWaitedFor: false);
        call.End();
        return answering;
    }

    // By itself, because what a lambda takes along is made where it could be needed.
    private Task TraceAsync(AuthorizeCall call, int step) => TracedCall.RunAsync("authorize", call.Request, () => WaitAsync(call, step));

    private async Task WaitAsync(AuthorizeCall call, int step)
    {
        call.Request.Hold();
        for (var next = step; next < _steps.Length; next++)
        {
            if ((next == step || !_steps[next].IsPassed(call)) && await _steps[next].PassAsync(call) is { } refusal)
            {
                await RefuseAsync(call.Request, refusal);
                return;
            }
        }

        await ReplyAsync(call, wasWaitedFor: true);
    }

    private static bool TryReadBody(AuthorizeCall call)
    {
        var reader = call.Request.Context.Request.BodyReader;
        if (call.IsAboutRequest || !reader.TryRead(out var read))
        {
            return false;
        }

        // Of one that is not taken nothing counts as looked at.
        var body = read.Buffer;
        var isTaken = read.IsCompleted && body.IsSingleSegment && call.TryTake(body.FirstSpan);
        reader.AdvanceTo(isTaken ? body.End : body.Start);
        if (isTaken)
        {
            LongBody.End(call.Request.Context);
        }

        return isTaken;
    }

    // What a call about a request adds is checked with the rest of the body, before the token.
    private static async ValueTask<string?> ReadBodyAsync(AuthorizeCall call)
    {
        var asked = await RequestBody.ReadAsync(call.Request, call.IsAboutRequest ? AuthorizeBody.HttpSchema : AuthorizeBody.Schema);
        call.Take(asked, Check(asked));
        return null;
    }

    private bool TryResolveToken(AuthorizeCall call)
    {
        _agent.RequireConnect();
        call.Token = call.Request.Token();
        call.Entry = call.Key.IsEmpty ? null : _authorizer.Find(call.Token, call.Key);
        if (!_servers.TryResolve(call.Token, out var rights))
        {
            return false;
        }

        call.Rights = rights;
        return true;
    }

    private async ValueTask<string?> ResolveTokenAsync(AuthorizeCall call)
    {
        call.Rights = await _servers.ResolveTokenAsync(call.Token, call.Request.Aborted);
        return null;
    }

    private static async ValueTask<string?> RequireAsync(AuthorizeCall call, AccessRequest right)
    {
        await call.Rights.RequireAsync(right, call.Request.Aborted);
        return null;
    }

    private bool TryDecide(AuthorizeCall call)
    {
        if (call.About is not null || call.IsExplained || !call.IsInDefaultNamespace
            || call.Entry is not { } entry || !_authorizer.TryDecide(entry, call.Service, out var answer))
        {
            return false;
        }

        call.Answer = answer;
        return true;
    }

    private async ValueTask<string?> DecideAsync(AuthorizeCall call)
    {
        var attributes = call.About?.ToAttributes(_options.Http);
        if (call.IsExplained)
        {
            call.Explanation = await _authorizer.ExplainAsync(call.Target, call.Client, attributes, call.Token, call.Request.Aborted);
        }
        else
        {
            call.Answer = await _authorizer.AuthorizeAsync(call.Target, call.Client, attributes, call.Token, call.Request.Aborted);
        }

        return null;
    }

    private Task ReplyAsync(AuthorizeCall call, bool wasWaitedFor)
    {
        if (call.Explanation is { } explained)
        {
            WireReply.CacheHeaders(call.Request.Context, explained);
            return WireReply.JsonAsync(call.Request, explained.Value, AuthorizeJson.Default.Explanation);
        }

        WireReply.CacheHeaders(call.Request.Context, call.Answer);
        return WireReply.JsonAsync(call.Request, _bodies.Of(call.Answer.Value, Render, keep: !wasWaitedFor));
    }

    private static ServiceId Check(in AuthorizeBody asked)
    {
        InputLimits.RequireName("Target", asked.Target);
        InputLimits.RequireUri("ClientCertURI", asked.ClientCertUri);
        InputLimits.RequireName("ClientCertSerial", asked.ClientCertSerial);
        if (asked.Target.Length == 0)
        {
            throw WireException.BadRequest("Target service must be specified");
        }

        if (!SpiffeId.TryParse(asked.ClientCertUri, out var id, out _))
        {
            throw WireException.BadRequest("ClientCertURI not a valid Connect identifier");
        }

        if (id is not ServiceId client)
        {
            throw WireException.BadRequest("ClientCertURI not a valid Service identifier");
        }

        if (asked.Request is { Method.Length: 0 })
        {
            throw WireException.BadRequest("Method must be specified");
        }

        if (asked.Request is { } about && !FieldText.IsToken(about.Method))
        {
            throw WireException.BadRequest("Method not a valid HTTP method");
        }

        return asked.Request is { Path.Length: 0 } ? throw WireException.BadRequest("Path must be specified") : client;
    }

    // A decision that rests on the peer alone: no intention was read, so there are no cache headers.
    private static Task RefuseAsync(WireRequest request, string reason) => request.Query.Has("explain")
        ? WireReply.JsonAsync(request, Explanation.OfRefusal(reason), AuthorizeJson.Default.Explanation)
        : WireReply.JsonAsync(request, new AuthorizeReply(false, reason), AuthorizeJson.Default.AuthorizeReply);

    /// <summary>One step.</summary>
    /// <param name="IsPassed">Whether memory knows that it lets pass. Makes nothing, and counts nothing where it does not know.</param>
    /// <param name="PassAsync">Waits until it is known: null lets pass, a text refuses as a decision, an exception as an error.</param>
    private readonly record struct Step(Func<AuthorizeCall, bool> IsPassed, Func<AuthorizeCall, ValueTask<string?>> PassAsync);
}
