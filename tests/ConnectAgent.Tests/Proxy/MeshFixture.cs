using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Client.Api;
using ConnectAgent.Http.Metrics;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Proxy;
using ConnectAgent.Proxy.Options;
using ConnectAgent.Proxy.Telemetry;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.Tests.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ConnectAgent.Tests.Proxy;

/// <summary>One agent in this process, with proxies of its own around it. Each test takes service names of its own.</summary>
public sealed class MeshFixture : IAsyncLifetime
{
    private ServiceProvider? _provider;

    internal InProcessAgent Agent { get; private set; } = null!;

    internal ProxyServices Services { get; private set; } = null!;

    internal MetricsReader Metrics { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Agent = await InProcessAgent.StartAsync();
        _provider = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = _provider.GetRequiredService<IMeterFactory>();
        Metrics = new MetricsReader(TimeProvider.System, meters);
        Services = new ProxyServices(new ProxyMetrics(meters), new LimitMetrics(meters), TimeProvider.System, NullLoggerFactory.Instance);
    }

    public async Task DisposeAsync()
    {
        Metrics.Dispose();
        await _provider!.DisposeAsync();
        await Agent.DisposeAsync();
    }

    /// <summary>Starts the proxy of a service; what comes in goes to <paramref name="local"/>.</summary>
    internal Task<RunningProxy> StartAsync(
        string service, EndPoint? local = null, ProxyLimits? limits = null, Func<InboundOptions, InboundOptions>? inbound = null, Stream? access = null, params UpstreamOptions[] upstreams) =>
        RunningProxy.StartAsync(
            new ProxySetup
            {
                Agent = new ApiOptions { Address = Agent.Address.Authority },
                Fixed = new ProxyOptions
                {
                    Service = service,
                    Inbound = local is null ? null : (inbound ?? (static options => options))(new InboundOptions(new IPEndPoint(IPAddress.Loopback, FreePorts.Next()), local)),
                    Upstreams = upstreams,
                },
                RegisterSuffix = local is null ? null : string.Empty,
                Limits = limits ?? new ProxyLimits { Drain = TimeSpan.Zero },
                AccessLog = access,
            },
            Services);

    /// <summary>An upstream on any port of loopback.</summary>
    internal static UpstreamOptions Upstream(string name) => new(name, new IPEndPoint(IPAddress.Loopback, 0));

    /// <summary>What is decided about a source.</summary>
    internal async Task DecideAsync(string source, string destination, string action)
    {
        var (status, text, _) = await Agent.SendAsync("PUT", $"/v1/connect/intentions/exact?source={source}&destination={destination}", $$"""{"Action":"{{action}}"}""");
        if (status != 200)
        {
            throw new InvalidOperationException(text);
        }
    }

    /// <summary>The certificate of a service, with its key.</summary>
    internal async Task<X509Certificate2> LeafAsync(string service)
    {
        var leaf = await Agent.GetAsync("/v1/agent/connect/ca/leaf/" + service);
        return X509Certificate2.CreateFromPem((string)leaf["CertPEM"]!, (string)leaf["PrivateKeyPEM"]!);
    }

    /// <summary>Connects to a public listener as somebody.</summary>
    internal static async Task<SslStream> ConnectAsync(EndPoint? address, X509Certificate2? certificate, List<SslApplicationProtocol>? protocols = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(address!);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "any",
            ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true),
            ApplicationProtocols = protocols,
#pragma warning disable CA5359 // It is what a proxy does with its peers that is tested.
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
        });
        return stream;
    }

    internal double Count(string instrument, string proxy, string? reason = null) => Metrics.Read()
        .Where(reading => reading.Name == instrument && reading.Labels.Contains(new("proxy", proxy)) && (reason is null || reading.Labels.Contains(new("reason", reason))))
        .Sum(static reading => reading.Value);
}
