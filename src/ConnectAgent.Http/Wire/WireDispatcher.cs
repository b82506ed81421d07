using System.Diagnostics;
using System.Net;
using System.Text;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Telemetry;
using ConnectAgent.Protocol.Text;
using Microsoft.AspNetCore.Http.Features;

namespace ConnectAgent.Http.Wire;

/// <summary>
/// Takes a request through the fixed order of http-conventions HTTP-1: the rules for all requests, its target, its route, who may use that, its names and
/// parameters, its handler. There is one way for all of them. What memory knows passes each step at once, so a cache hit waits for nothing and makes nothing;
/// whatever has to wait goes on from there (docs/architecture.md, "The way of a request").
/// </summary>
internal sealed class WireDispatcher(
    AgentIdentity agent,
    WireSettings settings,
    IEnumerable<IWireRule> rules,
    WireRouter router,
    KnownTargets targets,
    RouteAccess access,
    WireHeaders headers,
    RequestHold hold,
    WireFailures failures,
    ILogger<WireDispatcher> logger)
{
    private readonly IWireRule[] _rules = [.. rules];

    /// <summary>Answers a request.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var start = Stopwatch.GetTimestamp();
        context.Response.Headers.XContentTypeOptions = "nosniff";
        LongBody.Begin(context);
        if (context.Request.Method == HttpMethods.Connect)
        {
            // The agent is no proxy, and its target is no path.
            return WireReply.EmptyAsync(context, StatusCodes.Status404NotFound);
        }

        var request = WireRequest.Begin(context, context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, agent, settings.Value, hold);
        foreach (var rule in _rules)
        {
            if (rule.Refuse(request) is { } refusal)
            {
                return failures.RefuseAsync(context, refusal);
            }
        }

        return RouteAsync(request, start);
    }

    private Task RouteAsync(WireRequest request, long start)
    {
        var context = request.Context;
        if (router.TryFind(request.Target, out var whole))
        {
            // A target that is the path of a route has neither a query nor anything to decode or to clean.
            return AnswerAsync(request, whole, request.Target, WireQuery.Empty, start);
        }

        if (targets.Find(request.Method, request.Target) is { } known)
        {
            return AnswerAsync(request, known.Route, known.Path, known.Query, start);
        }

        var target = WireTarget.Split(request.Target);
        if (!WireTarget.TryDecodePath(target.Path, out var path) || (!settings.Value.TakesUnprintable && !GoQuote.IsPrintable(path)))
        {
            return WireReply.EmptyAsync(context, StatusCodes.Status400BadRequest);
        }

        if (WireTarget.Clean(target.Path) is { } cleaned)
        {
            return RedirectAsync(context, cleaned, target.Query);
        }

        if (!router.TryFind(path, request.Method, out var route))
        {
            if (router.WithSlash(path, request.Method) is { } below)
            {
                return RedirectAsync(context, below, target.Query);
            }

            headers.AddConfigured(context);
            return path == "/"
                ? WireReply.TextAsync(context, StatusCodes.Status200OK, "Consul Agent")
                : WireReply.EmptyAsync(context, StatusCodes.Status404NotFound);
        }

        return AnswerAsync(request, route, path, target.Query, start);
    }

    private Task AnswerAsync(WireRequest request, ServedRoute route, string path, string parameters, long start)
    {
        if (InputLimits.Refuse(parameters) is { } tooMany)
        {
            headers.AddOfRoute(request.Context);
            return failures.RefuseAsync(request.Context, tooMany);
        }

        if (WireQuery.Parse(parameters) is not { } query)
        {
            headers.AddOfRoute(request.Context);
            return WireReply.EmptyAsync(request.Context, StatusCodes.Status500InternalServerError);
        }

        targets.Note(request.Method, request.Target, route, path, query);
        return AnswerAsync(request, route, path, query, start);
    }

    private static Task RedirectAsync(HttpContext context, string path, string query)
    {
        var location = query.Length == 0 ? path : path + "?" + query;
        context.Response.Headers.Location = location;
        return context.Request.Method == HttpMethods.Get || context.Request.Method == HttpMethods.Head
            ? WireReply.BytesAsync(
                context,
                StatusCodes.Status301MovedPermanently,
                "text/html; charset=utf-8",
                Encoding.UTF8.GetBytes($"<a href=\"{WebUtility.HtmlEncode(location)}\">Moved Permanently</a>.\n\n"))
            : WireReply.EmptyAsync(context, StatusCodes.Status301MovedPermanently);
    }

    private Task AnswerAsync(WireRequest request, ServedRoute route, string path, WireQuery query, long start)
    {
        headers.AddOfRoute(request.Context);
        request.Found(route, path, query);
        Task answering;
        try
        {
            answering = HandleAsync(request);
        }
        catch (Exception error)
        {
            answering = Task.FromException(error);
        }

        if (!answering.IsCompletedSuccessfully)
        {
            return AwaitAsync(request, answering, start);
        }

        Finished(request, start);
        End(request, isMistake: false);
        request.End();
        return Task.CompletedTask;
    }

    private async Task AwaitAsync(WireRequest request, Task answering, long start)
    {
        var isMistake = false;
        try
        {
            await answering;
            Finished(request, start);
        }
        catch (Exception error) when (WireFailures.CanAnswer(request.Context, error))
        {
            isMistake = await failures.AnswerAsync(request, error);
        }
        finally
        {
            End(request, isMistake);
        }
    }

    private Task HandleAsync(WireRequest request)
    {
        var (context, method, route) = (request.Context, request.Method, request.Route!.Route);
        if (!route.AnswersAtOnce)
        {
            request.Hold();
        }

        access.RequireOpen(request.Path);
        if (method == HttpMethods.Options)
        {
            context.Response.Headers.Allow = route.Allow;
            return route.IsSelfDescribed
                ? WireReply.JsonAsync(request, static writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteEndObject();
                })
                : WireReply.EmptyAsync(context, StatusCodes.Status200OK);
        }

        if (request.Route.Find(method) is not { } found)
        {
            context.Response.Headers.Allow = route.IsSelfDescribed ? string.Join(',', route.Methods.Select(known => known.Method)) : route.Allow;
            throw new WireException(StatusCodes.Status405MethodNotAllowed, $"method {method} not allowed");
        }

        access.RequireWriter(request);
        return access.AskedFirst(found.Permission, method, request.Path) is { } right
            ? AskFirstAsync(request, found, right)
            : HandleAsync(request, found);
    }

    private async Task AskFirstAsync(WireRequest request, WireMethod method, AccessRequest right)
    {
        await access.RequireAsync(request, right);
        await HandleAsync(request, method);
    }

    private static Task HandleAsync(WireRequest request, WireMethod method)
    {
        if (request.Route!.Route.ReadsInput)
        {
            InputLimits.Require(request);
        }

        return method.Handler(request);
    }

    private void Finished(WireRequest request, long start)
    {
        if (!request.Query.Has("index"))
        {
            // Held on purpose is not slow.
            request.Route!.Durations?.RecordSince(start);
        }

        if (logger.IsEnabled(LogLevel.Debug))
        {
            logger.RequestFinished(request.Method, request.Route!.Route.Path, request.Context.Connection.RemoteIpAddress, Stopwatch.GetElapsedTime(start));
        }
    }

    private void End(WireRequest request, bool isMistake)
    {
        if (request.IsHeld)
        {
            hold.End(request.Context);
        }

        request.Route!.Answered(request.Method, request.Context.Response.StatusCode, isMistake);
    }
}
