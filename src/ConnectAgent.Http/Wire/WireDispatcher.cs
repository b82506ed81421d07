using System.Collections.Frozen;
using System.Diagnostics;
using System.Net;
using ConnectAgent.Agent;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Telemetry;
using ConnectAgent.Protocol.Tokens;
using Microsoft.AspNetCore.Http.Features;

namespace ConnectAgent.Http.Wire;

/// <summary>
/// Takes a request through the fixed order of http-conventions HTTP-1. The framework's own matching is without case, answers HEAD as GET
/// and knows no 301 for cleaned paths, so the endpoint is picked here.
/// </summary>
internal sealed class WireDispatcher
{
    [Limit("log.error", "characters", "cut")]
    private const int LongestLoggedError = 200;
    private readonly RequestDelegate _next;
    private readonly AgentIdentity _agent;
    private readonly WireOptions _options;
    private readonly BrowserGuard _guard;
    private readonly IServerClient _servers;
    private readonly AclDenials _denials;
    private readonly HttpMetrics _metrics;
    private readonly LimitMetrics _limits;
    private readonly RefusalLog _refusals;
    private readonly HitLane _hits;
    private readonly LargeRequests _large;
    private readonly TimeProvider _clock;
    private readonly ILogger<WireDispatcher> _logger;
    private readonly FrozenDictionary<string, (Endpoint Endpoint, WireRoute Route)>.AlternateLookup<ReadOnlySpan<char>> _exact;
    private readonly (Endpoint Endpoint, WireRoute Route)[] _prefixes;

    public WireDispatcher(
        RequestDelegate next,
        EndpointDataSource endpoints,
        AgentIdentity agent,
        WireOptions options,
        BrowserGuard guard,
        IServerClient servers,
        AclDenials denials,
        HttpMetrics metrics,
        LimitMetrics limits,
        RefusalLog refusals,
        HitLane hits,
        LargeRequests large,
        TimeProvider clock,
        ILogger<WireDispatcher> logger)
    {
        (_next, _agent, _options, _guard, _servers, _denials, _metrics, _limits, _refusals, _hits, _large, _clock, _logger) =
            (next, agent, options, guard, servers, denials, metrics, limits, refusals, hits, large, clock, logger);
        var routes = endpoints.Endpoints.Select(endpoint => (Endpoint: endpoint, Route: endpoint.Metadata.GetRequiredMetadata<WireRoute>())).ToList();
        _exact = routes.Where(entry => !entry.Route.TakesAllBelow)
            .ToFrozenDictionary(entry => entry.Route.Path, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
        _prefixes = [.. routes.Where(entry => entry.Route.TakesAllBelow).OrderByDescending(entry => entry.Route.Path.Length)
            .ThenByDescending(entry => entry.Route.Suffix.Length)];
    }

    public Task InvokeAsync(HttpContext context)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        if (context.Request.Method == HttpMethods.Connect)
        {
            // The agent is no proxy, and its target is no path.
            return WireReply.EmptyAsync(context, StatusCodes.Status404NotFound);
        }

        if (_guard.Refuse(context) is { } refusal)
        {
            return RefuseAsync(context, refusal);
        }

        var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (_hits.TryAnswer(context, raw, out var answer))
        {
            return answer;
        }

        var target = WireTarget.Split(raw);
        if (!WireTarget.TryDecodePath(target.Path, out var path)
            || (!_options.TakesUnprintable && !WireTarget.IsPrintable(path)))
        {
            return WireReply.EmptyAsync(context, StatusCodes.Status400BadRequest);
        }

        if (WireTarget.Clean(path) is { } cleaned)
        {
            return RedirectAsync(context, cleaned, target.Query);
        }

        if (!TryFind(path, context.Request.Method, out var endpoint, out var route))
        {
            if (TryFind(path + "/", context.Request.Method, out _, out var below) && below.Path.Length == path.Length + 1)
            {
                return RedirectAsync(context, below.Path, target.Query);
            }

            AddResponseHeaders(context);
            return path == "/"
                ? WireReply.TextAsync(context, StatusCodes.Status200OK, "Consul Agent")
                : WireReply.EmptyAsync(context, StatusCodes.Status404NotFound);
        }

        AddResponseHeaders(context);
        context.Response.Headers["X-Consul-Default-Acl-Policy"] = _options.DefaultPolicy;
        context.Response.Headers.Vary = "Accept-Encoding";
        if (InputLimits.Refuse(target.Query) is { } tooMany)
        {
            return RefuseAsync(context, tooMany);
        }

        return WireQuery.Parse(target.Query) is { } query
            ? DispatchAsync(new WireRequest(context, query, route.TailOf(path), _agent, _options), endpoint, route, path, raw)
            : WireReply.EmptyAsync(context, StatusCodes.Status500InternalServerError);
    }

    private static Task RedirectAsync(HttpContext context, string path, string query)
    {
        var location = Protocol.Identity.SpiffePath.Escape(path) + (query.Length == 0 ? string.Empty : "?" + query);
        context.Response.Headers.Location = location;
        return context.Request.Method == HttpMethods.Get || context.Request.Method == HttpMethods.Head
            ? WireReply.BytesAsync(
                context,
                StatusCodes.Status301MovedPermanently,
                "text/html; charset=utf-8",
                System.Text.Encoding.UTF8.GetBytes($"<a href=\"{WebUtility.HtmlEncode(location)}\">Moved Permanently</a>.\n\n"))
            : WireReply.EmptyAsync(context, StatusCodes.Status301MovedPermanently);
    }

    private async Task DispatchAsync(WireRequest request, Endpoint endpoint, WireRoute route, string path, string raw)
    {
        var context = request.Context;
        var method = context.Request.Method;
        var isMistake = false;
        var start = Stopwatch.GetTimestamp();
        try
        {
            _large.Enter(context, raw);
            if (IsBlocked(path))
            {
                throw new WireException(StatusCodes.Status403Forbidden, "Endpoint is blocked by agent configuration") { Setting = "http_config.block_endpoints" };
            }

            if (method == HttpMethods.Options)
            {
                context.Response.Headers.Allow = route.Allow;
                await WireReply.EmptyAsync(context, StatusCodes.Status200OK);
                return;
            }

            if (route.Find(method) is not { } found)
            {
                context.Response.Headers.Allow = route.Allow;
                throw new WireException(StatusCodes.Status405MethodNotAllowed, $"method {method} not allowed");
            }

            if (method != HttpMethods.Get && !MayWrite(context.Connection.RemoteIpAddress))
            {
                throw new WireException(StatusCodes.Status403Forbidden, "Access is restricted") { Setting = "http_config.allow_write_http_from" };
            }

            if (FirstAskedOf(found.Permission, method, path) is { } asked)
            {
                var rights = await _servers.ResolveTokenAsync(request.Token(), request.Aborted);
                await rights.RequireAsync(asked, request.Aborted);
            }

            if (route.ReadsInput)
            {
                InputLimits.Require(request);
            }

            PacedBody.Guard(context, _clock);
            context.Features.Set(new WireCall(request, found.Handler));
            context.SetEndpoint(endpoint);
            await _next(context);
            if (!request.Query.Has("index"))
            {
                // Held on purpose is not slow.
                _metrics.DurationsOf(route.Path)?.RecordSince(start);
            }

            if (_logger.IsEnabled(LogLevel.Debug))
            {
                _logger.RequestFinished(method, route.Path, context.Connection.RemoteIpAddress, Stopwatch.GetElapsedTime(start));
            }
        }
        catch (WireException error)
        {
            isMistake = true;
            await RefuseAsync(context, error);
        }
        catch (ServerException error)
        {
            isMistake = error.Kind == FailureKind.Mistake;
            var limit = error.Kind == FailureKind.UnknownToken && request.Token() == TokenText.Unknown ? TokenText.LimitName : error.Limit;
            Note(context, limit, error.Setting, error.Message);
            _denials.Note(request, method, route, error);
            if (request.FailsWithQueryHeaders)
            {
                // HDR-3: contract tests compare them.
                WireReply.QueryHeaders(context, index: 1, knownLeader: false);
            }

            _logger.RequestFailed(method, route.Path, error.Message.Length <= LongestLoggedError ? error.Message : error.Message[..LongestLoggedError]);
            await PlainTextError.WriteAsync(request, error);
        }
        catch (BadHttpRequestException error) when (error.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            isMistake = true;
            await RefuseAsync(context, RequestBody.TooLong());
        }
        catch (BadHttpRequestException error)
        {
            await WireReply.TextAsync(context, error.StatusCode, error.Message);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // Also a connection reset in the middle of a body, and a stop that does not wait for it.
            _logger.CallerLeft(method, route.Path);
        }
        catch (Exception error) when (!context.Response.HasStarted)
        {
            _logger.RequestBroke(error, method, route.Path);
            await WireReply.TextAsync(context, StatusCodes.Status500InternalServerError, "internal error");
        }
        finally
        {
            _large.Leave(context);
            _metrics.Answered(route.Path + route.Suffix, route.Find(method) is null ? "other" : method, context.Response.StatusCode, isMistake);
        }
    }

    private Task RefuseAsync(HttpContext context, WireException error)
    {
        Note(context, error.Limit, error.Setting, error.Message);
        return WireReply.TextAsync(context, error.Status, error.Message);
    }

    // Texts are contract, so the setting has a header of its own.
    private void Note(HttpContext context, string? limit, string? setting, string text)
    {
        if (limit is not null)
        {
            _limits.Refused(limit);
        }

        if (setting is not null)
        {
            context.Response.Headers["X-Connect-Agent-Setting"] = setting;
            _refusals.Note(setting, text);
        }
    }

    // Servers that say that they have no ACLs open the agent for reading: who writes to it needs agent:write, which then only the recovery token has (FA-11).
    private AclQuestion? FirstAskedOf(Permission permission, string method, string path) =>
        permission is { IsAskedFirst: true, Resource: { } resource } ? new AclQuestion(resource, _agent.NodeName, permission.Access)
        : IsWriteToTheAgent(method, path) && _servers.AclsAreOpen ? new AclQuestion(AclResource.Agent, _agent.NodeName, AclAccess.Write)
        : null;

    // The one POST below is authorize, which writes nothing.
    private static bool IsWriteToTheAgent(string method, string path) =>
        (method == HttpMethods.Put || method == HttpMethods.Delete) && path.StartsWith("/v1/agent/", StringComparison.Ordinal);

    private bool IsBlocked(string path)
    {
        foreach (var prefix in _options.BlockedPaths)
        {
            if (path.StartsWith(prefix, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private void AddResponseHeaders(HttpContext context)
    {
        foreach (var (name, value) in _options.ResponseHeaders)
        {
            context.Response.Headers[name] = value;
        }
    }

    // LIS-3: callers over a Unix socket have no address, and are as local as can be.
    private bool MayWrite(IPAddress? caller) =>
        _options.Writers.Count == 0 || caller is null
        || _options.Writers.Any(network => network.Contains(caller.IsIPv4MappedToIPv6 ? caller.MapToIPv4() : caller));

    private bool TryFind(string path, string method, out Endpoint endpoint, out WireRoute route)
    {
        if (_exact.TryGetValue(path, out var found))
        {
            (endpoint, route) = found;
            return true;
        }

        foreach (var (candidate, below) in _prefixes)
        {
            if (below.Matches(path, method))
            {
                (endpoint, route) = (candidate, below);
                return true;
            }
        }

        (endpoint, route) = (null!, null!);
        return false;
    }
}
