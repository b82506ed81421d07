using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Servers.Tokens;

// Event ids 1400-1499.
internal static partial class RemoteTokenLog
{
    [LoggerMessage(1401, LogLevel.Warning, "The servers say that ACLs are disabled: this agent is open to every token, but for writes under /v1/agent/: next_look={Pause}")]
    public static partial void ServersHaveNoAcls(this ILogger logger, TimeSpan pause);
}
