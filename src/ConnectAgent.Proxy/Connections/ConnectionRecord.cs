using ConnectAgent.Client;
using ConnectAgent.Proxy.Options;
using ConnectAgent.Proxy.Pumping;
using ConnectAgent.Proxy.Telemetry;

namespace ConnectAgent.Proxy.Connections;

/// <summary>What is known of one connection from its being accepted to its end, where metrics and the access log hear of it.</summary>
/// <param name="context">Of its proxy.</param>
/// <param name="counts">Of its listener.</param>
/// <param name="upstream">Empty: it came in.</param>
internal sealed class ConnectionRecord(ProxyContext context, TrafficCounts counts, string upstream)
{
    private readonly long _start = context.Clock.GetTimestamp();
    private TimeSpan? _setup;

    public Traffic Traffic { get; } = new(context.Clock);

    public PeerIdentity? Peer { get; set; }

    public System.Net.EndPoint? Address { get; set; }

    /// <summary>More of the end than its reason.</summary>
    public string? Detail { get; set; }

    /// <summary>It carries from now on.</summary>
    public void Opened()
    {
        _setup = context.Clock.GetElapsedTime(_start);
        context.Metrics.SetUp(_setup.Value);
        counts.Opened(Traffic);
    }

    public void Ended(string reason)
    {
        counts.Ended(_setup is null ? null : Traffic, reason);
        if (!context.Access.IsOn)
        {
            return;
        }

        context.Access.Write(new AccessEntry
        {
            Time = context.Clock.GetUtcNow(),
            Direction = upstream.Length > 0 ? "outbound" : "inbound",
            Service = context.Service,
            Upstream = upstream.Length > 0 ? upstream : null,
            Peer = Peer?.Uri,
            Address = Address is null ? null : Endpoints.Show(Address),
            End = reason,
            Detail = Detail,
            SetupMs = _setup?.TotalMilliseconds,
            DurationMs = context.Clock.GetElapsedTime(_start).TotalMilliseconds,
            Sent = Traffic.There,
            Received = Traffic.Back,
        });
    }
}
