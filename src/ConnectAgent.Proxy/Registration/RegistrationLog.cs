using Microsoft.Extensions.Logging;

namespace ConnectAgent.Proxy.Registration;

internal static partial class RegistrationLog
{
    [LoggerMessage(5101, LogLevel.Error, "The registration cannot be used, what was there before stays: id={Id} error={Error}")]
    public static partial void RegistrationUnusable(this ILogger logger, string id, string error);

    [LoggerMessage(5102, LogLevel.Warning, "The registration cannot be read for the moment: id={Id} error={Error}")]
    public static partial void RegistrationUnread(this ILogger logger, string id, string error);

    [LoggerMessage(5103, LogLevel.Information, "Proxy registered with the agent: id={Id}")]
    public static partial void Registered(this ILogger logger, string id);

    [LoggerMessage(5104, LogLevel.Error, "Error registering the proxy with the agent: id={Id} error={Error}")]
    public static partial void RegistrationFailed(this ILogger logger, string id, string error);

    [LoggerMessage(5105, LogLevel.Error, "Error telling the agent that the proxy lives: id={Id} error={Error}")]
    public static partial void HeartbeatFailed(this ILogger logger, string id, string error);

    [LoggerMessage(5106, LogLevel.Error, "Error deregistering the proxy: id={Id} error={Error}")]
    public static partial void DeregistrationFailed(this ILogger logger, string id, string error);
}
