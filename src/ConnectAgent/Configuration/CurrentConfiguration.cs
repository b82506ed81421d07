namespace ConnectAgent.Configuration;

/// <summary>The configuration as it is now: what the agent started with, and what a reload has changed of it since (services AG-29).</summary>
/// <param name="started">What the agent started with.</param>
/// <param name="read">Reads files and flags again, in their first order.</param>
internal sealed class CurrentConfiguration(AgentConfiguration started, Func<AgentConfiguration> read)
{
    private AgentConfiguration _value = started;
    private readonly IReadOnlyDictionary<ConfigKey, string> _started = started.Effective.ByKey();
    private IReadOnlyDictionary<ConfigKey, string>? _reloaded;

    public AgentConfiguration Value => Volatile.Read(ref _value);

    /// <summary>Reads again; what may change while the agent runs is as it is read, all else waits for a restart.</summary>
    /// <exception cref="ConfigurationException">Something is wrong.</exception>
    public ReadConfiguration Read()
    {
        var next = read();

        // The keys of what is taken here are marked as reloaded; the others are compared with those of the start.
        var value = Value with
        {
            LogLevel = next.LogLevel,
            NodeMeta = next.NodeMeta,
            Definitions = next.Definitions,
            Watches = next.Watches,
            FetchLimits = next.FetchLimits,
            MaxConnectionsPerClient = next.MaxConnectionsPerClient,
            Tokens = Value.Tokens with { Default = next.Tokens.Default, Agent = next.Tokens.Agent },
            Tls = next.Tls with { HandshakeTimeout = Value.Tls.HandshakeTimeout },
            CheckTls = Value.CheckTls is null ? null : next.CheckTls ?? Value.CheckTls,
            Servers = Value.Servers with
            {
                AuthorityFile = next.Servers.AuthorityFile,
                CertificateFile = next.Servers.CertificateFile,
                KeyFile = next.Servers.KeyFile,
                TlsName = next.Servers.TlsName,
            },
            Wire = next.Wire with { AlwaysPretty = Value.Wire.AlwaysPretty, DefaultPolicy = Value.Wire.DefaultPolicy, TranslatesAddresses = Value.Wire.TranslatesAddresses },
            Warnings = next.Warnings,
        };
        var said = next.Effective.ByKey();
        return new ReadConfiguration(
            value,
            said,
            Differs(said, _reloaded ?? _started, WatchKeys.Watches),
            [.. AgentKeys.All.Where(key => !key.IsReloaded && Differs(said, _started, key)).Select(static key => key.Path).Order(StringComparer.Ordinal)]);
    }

    /// <summary>From now on this is how it is.</summary>
    public void Take(ReadConfiguration next)
    {
        _reloaded = next.Said;
        Volatile.Write(ref _value, next.Value);
    }

    private static bool Differs(IReadOnlyDictionary<ConfigKey, string> now, IReadOnlyDictionary<ConfigKey, string> before, ConfigKey key) =>
        now.GetValueOrDefault(key) != before.GetValueOrDefault(key);
}

/// <summary>A configuration that was read while the agent runs.</summary>
/// <param name="Value">As it will be.</param>
/// <param name="Said">As files and flags say it now. Holds secrets: never printed.</param>
/// <param name="AreWatchesChanged">Whether they are others than before.</param>
/// <param name="WaitingForRestart">Keys that have changed since the start and are not taken over.</param>
internal sealed record ReadConfiguration(
    AgentConfiguration Value, IReadOnlyDictionary<ConfigKey, string> Said, bool AreWatchesChanged, IReadOnlyList<string> WaitingForRestart)
{
    // Records print their members.
    public override string ToString() => Value.ToString();
}
