using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Caching;
using ConnectAgent.Configuration;
using ConnectAgent.Http.LocalAgent;
using ConnectAgent.Http.Wire;
using ConnectAgent.Logs;
using ConnectAgent.Protocol.Timing;
using ConnectAgent.Watches;
using Serilog.Core;

namespace ConnectAgent.Hosting;

/// <summary>
/// What a reload changes, feature by feature (services AG-29). Each part first reads and checks what it needs, which may fail; what it returns then puts it to use, which may not.
/// </summary>
internal sealed class ReloadParts(params IReadOnlyList<ReloadPart> parts)
{
    /// <summary>Those of the daemon.</summary>
    public static ReloadParts Of(IServiceProvider services)
    {
        List<ReloadPart> parts =
        [
            Https(services.GetRequiredService<HttpsListener>()),
            CheckFiles(services.GetRequiredService<CheckOptions>()),
            Cache(services.GetRequiredService<AgentCache>()),
            Tokens(services.GetRequiredService<AgentTokens>()),
            Node(services.GetRequiredService<OwnNode>()),
            Http(services.GetRequiredService<WireSettings>()),
            Watches(services.GetRequiredService<WatchService>()),
            Level(services.GetRequiredService<LoggingLevelSwitch>()),
            Log(services.GetRequiredService<LogTargets>()),
        ];
        if (services.GetService<ConsulServers>() is { } servers)
        {
            parts.Add(Servers(servers));
        }

        return new ReloadParts(parts);
    }

    /// <summary>Reads and checks.</summary>
    /// <returns>Puts all to use.</returns>
    /// <exception cref="ConfigurationException">Something is wrong; nothing has changed.</exception>
    public Action Prepare(ReadConfiguration next)
    {
        List<Action> uses = [.. parts.Select(part => part(next))];
        return () => uses.ForEach(static use => use());
    }

    /// <summary>What is in the files of certificates, which run out while an agent runs.</summary>
    public static ReloadPart Https(HttpsListener https) => next =>
    {
        if (!https.IsServed)
        {
            return Nothing;
        }

        if (next.Value.Tls.CertificateFile is null || next.Value.Tls.KeyFile is null)
        {
            throw new ConfigurationException("cert_file and key_file cannot be taken out while HTTPS is served: that needs a restart");
        }

        var make = HttpsListener.Read(next.Value.Tls);
        return () => https.Use(make);
    };

    /// <inheritdoc cref="Https"/>
    public static ReloadPart Servers(ConsulServers servers) => next =>
    {
        var tls = PemFiles.ReadServerTls(next.Value.Servers);
        return () => servers.UseTls(tls);
    };

    /// <inheritdoc cref="Https"/>
    public static ReloadPart CheckFiles(CheckOptions checks) => next =>
    {
        var tls = next.Value.CheckTls is { } files ? PemFiles.ReadCheckTls(files) : null;
        return tls is null ? Nothing : () => checks.UseTls(tls);
    };

    public static ReloadPart Cache(AgentCache cache) => next => () => cache.FetchLimits = next.Value.FetchLimits;

    public static ReloadPart Tokens(AgentTokens tokens) => next => () => tokens.Configured(next.Value.Tokens);

    public static ReloadPart Node(OwnNode node) => next => () => node.Use(Bound.Node(next.Value));

    public static ReloadPart Http(WireSettings settings) => next => () => settings.Use(next.Value.Wire);

    /// <summary>Those that stay the same run on: a handler is not called for a reload.</summary>
    public static ReloadPart Watches(WatchService watches) => next => next.AreWatchesChanged ? () => watches.Replace(next.Value.Watches) : Nothing;

    public static ReloadPart Level(LoggingLevelSwitch level) => next => () => level.MinimumLevel = LogLevels.Parse(next.Value.LogLevel);

    public static ReloadPart Log(LogTargets targets) => _ => targets.Reopen;

    private static void Nothing()
    {
    }
}

/// <summary>One part.</summary>
/// <param name="next">What was read.</param>
/// <returns>Puts it to use.</returns>
internal delegate Action ReloadPart(ReadConfiguration next);
