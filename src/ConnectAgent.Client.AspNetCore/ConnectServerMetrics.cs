using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace ConnectAgent.Client.AspNetCore;

/// <summary>What was refused, in numbers.</summary>
internal sealed class ConnectServerMetrics
{
    public const string MeterName = "ConnectAgent.Client.AspNetCore";
    public const string AtStart = "start";
    public const string WhileOpen = "open";
    public const string NoAnswer = "no_answer";

    private readonly ConcurrentDictionary<(string Service, string Refusal), long> _handshakes = new();
    private readonly ConcurrentDictionary<(string Service, string When), long> _connections = new();

    public ConnectServerMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableCounter(
            "connect_agent.server.handshakes.refused", () => Measure(_handshakes, "refusal"), "{handshake}", "Handshakes whose peer could not be verified.");
        meter.CreateObservableCounter(
            "connect_agent.server.connections.denied",
            () => Measure(_connections, "when"),
            "{connection}",
            "Connections that intentions, revocations or a silent agent did not allow.");
    }

    /// <summary>Counts a handshake.</summary>
    public void Refused(string service, PeerRefusal refusal) => _handshakes.AddOrUpdate((service, Name(refusal)), 1, static (_, count) => count + 1);

    /// <summary>Counts a connection.</summary>
    /// <param name="when"><see cref="AtStart"/>, <see cref="WhileOpen"/> or <see cref="NoAnswer"/>.</param>
    public void Denied(string service, string when) => _connections.AddOrUpdate((service, when), 1, static (_, count) => count + 1);

    private static IEnumerable<Measurement<long>> Measure(ConcurrentDictionary<(string Service, string By), long> counts, string by) =>
        counts.Select(count => new Measurement<long>(count.Value, new KeyValuePair<string, object?>("service", count.Key.Service), new KeyValuePair<string, object?>(by, count.Key.By)));

    private static string Name(PeerRefusal refusal) => refusal switch
    {
        PeerRefusal.NoCertificate => "no_certificate",
        PeerRefusal.NoIdentity => "no_identity",
        PeerRefusal.TrustDomain => "trust_domain",
        PeerRefusal.Expired => "expired",
        PeerRefusal.KeyUsage => "key_usage",
        PeerRefusal.Untrusted => "untrusted",
        _ => "other",
    };
}
