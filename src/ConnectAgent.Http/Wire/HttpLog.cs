namespace ConnectAgent.Http.Wire;

// Event ids 3000-3099. Paths are logged as routes, so neither a query nor a token in it is ever written (config-and-cli LOG-3).
internal static partial class HttpLog
{
    [LoggerMessage(3001, LogLevel.Debug, "Request error: method={Method} route={Route} error={Error}")]
    public static partial void RequestFailed(this ILogger logger, string method, string route, string error);

    [LoggerMessage(3002, LogLevel.Trace, "Caller left: method={Method} route={Route}")]
    public static partial void CallerLeft(this ILogger logger, string method, string route);

    [LoggerMessage(3004, LogLevel.Debug, "Request finished: method={Method} url={Route} from={Caller} latency={Latency}")]
    public static partial void RequestFinished(
        this ILogger logger, string method, string route, System.Net.IPAddress? caller, TimeSpan latency);

    [LoggerMessage(3005, LogLevel.Information, "Requests refused: count={Count} setting={Setting} error={Error}")]
    public static partial void Refused(this ILogger logger, long count, string setting, string error);

    [LoggerMessage(3003, LogLevel.Error, "Request failed unexpectedly: method={Method} route={Route}")]
    public static partial void RequestBroke(this ILogger logger, Exception error, string method, string route);
}
