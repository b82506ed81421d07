using System.Diagnostics;
using ConnectAgent.Protocol.Limits;
using Microsoft.AspNetCore.Http.Features;

namespace ConnectAgent.Hosting;

/// <summary>Counts what the web server itself refuses, before the dispatcher sees a request: it tells nobody but who listens to this.</summary>
internal sealed class RefusedRequests(LimitMetrics limits) : IObserver<KeyValuePair<string, object?>>
{
    private const string BadRequest = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    public static void Watch(IServiceProvider services) => services.GetRequiredService<DiagnosticListener>().Subscribe(
        new RefusedRequests(services.GetRequiredService<LimitMetrics>()), static name => name == BadRequest);

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value is { Key: BadRequest, Value: IFeatureCollection features }
            && features.Get<IBadRequestExceptionFeature>()?.Error is BadHttpRequestException error
            && LimitOf(error) is { } limit)
        {
            limits.Refused(limit);
        }
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    // Of the two bounds that are 431 only the text tells which it was.
    private static string? LimitOf(BadHttpRequestException error) => error.StatusCode switch
    {
        StatusCodes.Status414UriTooLong => ListenerLimits.LineLimit,
        StatusCodes.Status431RequestHeaderFieldsTooLarge => error.Message.Contains("too many", StringComparison.Ordinal)
            ? ListenerLimits.HeaderCountLimit : ListenerLimits.HeadersLimit,
        StatusCodes.Status408RequestTimeout => ListenerLimits.HeadersTimeLimit,
        _ => null,
    };
}
