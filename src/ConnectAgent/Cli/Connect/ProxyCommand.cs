using System.CommandLine;
using System.Diagnostics.Metrics;
using System.Net;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;
using ConnectAgent.Configuration;
using ConnectAgent.Logs;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Proxy;
using ConnectAgent.Proxy.Options;
using ConnectAgent.Proxy.Registration;
using ConnectAgent.Proxy.Telemetry;
using Serilog;

namespace ConnectAgent.Cli.Connect;

/// <summary><c>connect proxy</c>: the sidecar proxy, in a process of its own (clients section 3).</summary>
internal static class ProxyCommand
{
    private static readonly Option<string?> SidecarFor = Flag.Text("sidecar-for", "The ID of the service whose only sidecar it is (CONNECT_SIDECAR_FOR).");
    private static readonly Option<string?> ProxyId = Flag.Text("proxy-id", "The ID of a registered proxy (CONNECT_PROXY_ID).");
    private static readonly Option<string?> Service = Flag.Text("service", "The service that it is the proxy of, where nothing is registered.");
    private static readonly Option<string[]> Upstream = Flag.Texts("upstream", "With -service: what is connected to, as NAME[@DATACENTER]:[ADDRESS:]PORT, NAME:unix:///PATH, or prepared_query/NAME:PORT.");
    private static readonly Option<string?> Listen = Flag.Text("listen", "With -service: where the mesh connects to, as [ADDRESS]:PORT.");
    private static readonly Option<string?> ServiceAddress = Flag.Text("service-addr", "With -listen: the service itself, as [ADDRESS]:PORT or unix:///PATH.");
    private static readonly Option<bool> Register = Flag.Switch("register", "With -service and -listen: registers itself with the agent, and deregisters at the end.");
    private static readonly Option<string?> RegisterId = Flag.Text("register-id", "With -register: what stands behind the ID, to tell several apart.");
    private static readonly Option<string?> Protocol = Flag.Text("protocol", "What comes in: tcp, http, http2 or grpc. Beyond tcp each request is decided. As registered unless it is said, else tcp.");
    private static readonly Option<bool> SendProxy = Flag.Switch("send-proxy-v2", "Tells the service by the PROXY protocol, version 2, who connects; for tcp.");
    private static readonly Option<string?> AccessLog = Flag.Text("access-log", "A file that gets a line of JSON for each connection or request; - is standard output.");
    private static readonly Option<string?> DrainTime = Flag.Text("drain-time", "How long open connections may go on at the end; 10s unless it is said.");
    private static readonly Option<string?> HandshakeTimeout = Flag.Text("handshake-timeout", "How long a handshake may take; 10s unless it is said.");
    private static readonly Option<string?> IdleTimeout = Flag.Text("idle-timeout", "How long a connection may carry nothing; 1h unless it is said, 0s for ever.");
    private static readonly Option<string?> AllConnections = Flag.Text("max-connections", "How many connections there may be at once; 16384 unless it is said.");
    private static readonly Option<string?> PeerConnections = Flag.Text("max-connections-per-peer", "The same of one peer; 8192 unless it is said.");
    private static readonly Option<string?> Level = Flag.Text("log-level", "What is logged: TRACE, DEBUG, INFO, WARN or ERR.");
    private static readonly Option<bool> LogJson = Flag.Switch("log-json", "Logs as JSON.");

    public static CliCommand Create() => CliCommand.Asking(
        "proxy", "Runs the sidecar proxy of a service.", "connect proxy -sidecar-for web", RunAsync,
        SidecarFor, ProxyId, Service, Upstream, Listen, ServiceAddress, Register, RegisterId, Protocol, SendProxy, AccessLog, DrainTime, HandshakeTimeout, IdleTimeout,
        AllConnections, PeerConnections, Level, LogJson);

    private static async Task<int> RunAsync(Invocation call)
    {
        var upstreams = call.Of(Upstream).Select(ParseUpstream).ToList();
        var level = LevelOf(call);
        call.Done("==> Consul Connect proxy starting...");
        await using var access = OpenAccessLog(call);
        ProxySetup setup;
        try
        {
            setup = await SetupAsync(call, upstreams) with { AccessLog = access };
        }
        catch (Exception error) when (error is ProxyException or ApiException)
        {
            throw new CommandFailure("==> Error preparing configuration: " + error.Message);
        }

        await call.Output.WriteAsync("\n==> Log data will now stream in as it occurs:\n\n");
        await using var provider = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = provider.GetRequiredService<IMeterFactory>();
        await using var log = new LoggerConfiguration().MinimumLevel.Is(level).MinimumLevel.Override("Microsoft", Serilog.Events.LogEventLevel.Warning)
            .WriteTo.Console(call.Of(LogJson) ? new JsonLogFormatter() : new IndentedLogFormatter()).CreateLogger();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(new PlainLogs(log)).SetMinimumLevel(LogLevel.Trace));
        try
        {
            await ProxyRun.RunAsync(setup, new ProxyServices(new ProxyMetrics(meters), new LimitMetrics(meters), TimeProvider.System, loggers), static _ => { }, call.Cancelled);
            return call.Done("Consul Connect proxy shutdown");
        }
        catch (Exception error) when (error is ProxyException or ApiException)
        {
            throw new CommandFailure("==> " + error.Message);
        }
    }

    /// <summary>An upstream as the flag writes it.</summary>
    /// <exception cref="CommandFailure">It is none.</exception>
    internal static UpstreamOptions ParseUpstream(string text)
    {
        var at = text.IndexOf(':', StringComparison.Ordinal);
        if (at < 0)
        {
            throw new CommandFailure($"invalid value \"{text}\" for flag -upstream: Upstream value should be name:addr in \"{text}\"", 1) { WithUsage = true };
        }

        var (name, address) = (text[..at], text[(at + 1)..]);
        var isQuery = name.StartsWith(UpstreamOptions.QueryType + "/", StringComparison.Ordinal);
        name = isQuery ? name[(UpstreamOptions.QueryType.Length + 1)..] : name;
        var datacenter = name.IndexOf('@', StringComparison.Ordinal);
        try
        {
            return new UpstreamOptions(datacenter < 0 ? name : name[..datacenter], Endpoints.Parse(address, "127.0.0.1"))
            {
                IsQuery = isQuery,
                Datacenter = datacenter < 0 ? null : name[(datacenter + 1)..],
            };
        }
        catch (ProxyException error)
        {
            throw new CommandFailure($"invalid value \"{text}\" for flag -upstream: {error.Message}", 1) { WithUsage = true };
        }
    }

    private static async Task<ProxySetup> SetupAsync(Invocation call, List<UpstreamOptions> upstreams)
    {
        var setup = new ProxySetup { Agent = ApiFlags.Of(call.Result), Given = new InboundGiven(ProtocolOf(call), call.Of(SendProxy)), Limits = LimitsOf(call) };
        var (id, sidecarFor) = (Said(call, ProxyId, "CONNECT_PROXY_ID"), Said(call, SidecarFor, "CONNECT_SIDECAR_FOR"));
        if (id is not null || sidecarFor is not null)
        {
            id ??= await SidecarLookup.FindAsync(call.Api, sidecarFor!, call.Cancelled);
            call.Done("    Configuration mode: Agent API");
            if (sidecarFor is not null)
            {
                call.Done("        Sidecar for ID: " + sidecarFor);
            }

            call.Done("              Proxy ID: " + id);
            return setup with { ProxyId = id };
        }

        var service = call.Given(Service) ?? throw new ProxyException("-service or -proxy-id must be specified so that proxy can configure itself.");
        var inbound = InboundOf(call, setup.Given);
        call.Done("    Configuration mode: Flags");
        call.Done("               Service: " + service);
        foreach (var upstream in upstreams)
        {
            var shown = Endpoints.Show(upstream.Listen);
            call.Done($"              Upstream: {upstream.Name} => {(shown.StartsWith("127.0.0.1:", StringComparison.Ordinal) ? shown["127.0.0.1".Length..] : shown)}");
        }

        call.Done("       Public listener: " + (inbound is null ? "Disabled" : $"{Endpoints.Show(inbound.Listen)} => {Endpoints.Show(inbound.Local)}"));
        return setup with
        {
            Fixed = new ProxyOptions { Service = service, Inbound = inbound, Upstreams = upstreams },
            RegisterSuffix = call.Of(Register) ? call.Of(RegisterId) : null,
        };
    }

    private static InboundOptions? InboundOf(Invocation call, InboundGiven given)
    {
        if (call.Given(Listen) is not { } listen)
        {
            return call.Of(Register) ? throw new ProxyException("-register needs -listen: nothing could be registered") : null;
        }

        var local = call.Given(ServiceAddress) ?? throw new ProxyException("-listen needs -service-addr: what comes in must go somewhere");
        if (call.Of(Register) && Endpoints.Parse(listen, "0.0.0.0") is not IPEndPoint)
        {
            throw new ProxyException($"-register needs an IP address and a port in -listen, was: {listen}");
        }

        return new InboundOptions(Endpoints.Parse(listen, "0.0.0.0"), Endpoints.Parse(local, "127.0.0.1"))
        {
            Protocol = given.Protocol ?? InboundProtocol.Tcp,
            SendsProxyHeader = given.SendsProxyHeader,
        };
    }

    private static InboundProtocol? ProtocolOf(Invocation call) => call.Given(Protocol) is not { } text
        ? null
        : InboundGiven.ProtocolOf(text) ?? throw new ProxyException($"-protocol must be tcp, http, http2 or grpc, was: {text}");

    private static ProxyLimits LimitsOf(Invocation call)
    {
        var usual = new ProxyLimits();
        return usual with
        {
            Drain = call.Duration(DrainTime, usual.Drain),
            Handshake = call.Duration(HandshakeTimeout, usual.Handshake),
            Idle = call.Duration(IdleTimeout, usual.Idle),
            Connections = Count(call, AllConnections, usual.Connections),
            ConnectionsPerPeer = Count(call, PeerConnections, usual.ConnectionsPerPeer),
        };
    }

    private static int Count(Invocation call, Option<string?> flag, int unlessGiven) => call.Given(flag) is not { } text
        ? unlessGiven
        : int.TryParse(text, out var count) && count > 0 ? count : throw new ProxyException($"{flag.Name} must be a number above zero, was: {text}");

    private static Serilog.Events.LogEventLevel LevelOf(Invocation call)
    {
        try
        {
            return LogLevels.Parse(LogLevels.Check(call.Given(Level) ?? "INFO"));
        }
        catch (ConfigurationException error)
        {
            throw new CommandFailure(error.Message);
        }
    }

    private static Stream? OpenAccessLog(Invocation call)
    {
        try
        {
            return call.Given(AccessLog) switch
            {
                null => null,
                "-" => Console.OpenStandardOutput(),
                var path => new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read),
            };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure("==> Error preparing configuration: " + InputFile.Reason(call.Of(AccessLog), error));
        }
    }

    private static string? Said(Invocation call, Option<string?> flag, string variable) =>
        call.Given(flag) ?? (call.Given(Service) is null && Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? text : null);
}
