using ConnectAgent.Protocol.Timing;

namespace ConnectAgent.Configuration;

/// <summary>The configuration as it is now: what the agent started with, and what a reload has changed of it since (services AG-29).</summary>
/// <param name="started">What the agent started with.</param>
/// <param name="read">Reads files and flags again, in their first order.</param>
internal sealed class CurrentConfiguration(AgentConfiguration started, Func<AgentConfiguration> read)
{
    private AgentConfiguration _value = started;

    public AgentConfiguration Value => Volatile.Read(ref _value);

    /// <summary>Reads again; what may change while the agent runs is as it is read, all else waits for a restart.</summary>
    /// <exception cref="ConfigurationException">Something is wrong.</exception>
    public AgentConfiguration Read()
    {
        var next = read();
        return Value with
        {
            LogLevel = next.LogLevel,
            NodeMeta = next.NodeMeta,
            Definitions = next.Definitions,
            FetchLimits = next.FetchLimits,
            MaxConnectionsPerClient = next.MaxConnectionsPerClient,
            Tokens = Value.Tokens with { Default = next.Tokens.Default },
            Warnings = next.Warnings,
        };
    }

    /// <summary>From now on this is how it is.</summary>
    public void Take(AgentConfiguration next) => Volatile.Write(ref _value, next);
}
