using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;
using ConnectAgent.Proxy.Options;
using ConnectAgent.Proxy.Registration;

namespace ConnectAgent.Cli.Connect;

/// <summary><c>connect envoy -bootstrap</c> (clients section 4): the first configuration of an Envoy. Nothing serves it the rest yet.</summary>
internal static class EnvoyCommand
{
    private const int DefaultGrpcPort = 8502;

    private static readonly Option<bool> Bootstrap = Flag.Switch("bootstrap", "Prints the configuration; Envoy is not started in any case.");
    private static readonly Option<string?> ProxyId = Flag.Text("proxy-id", "The ID of the proxy (CONNECT_PROXY_ID).");
    private static readonly Option<string?> SidecarFor = Flag.Text("sidecar-for", "The ID of the service whose only sidecar it is (CONNECT_SIDECAR_FOR).");
    private static readonly Option<string?> AdminBind = Flag.Text("admin-bind", "Where Envoy's own pages are; localhost:19000 unless it is said.");
    private static readonly Option<string?> AccessLog = Flag.Text("admin-access-log-path", "Where it logs who looks at them; /dev/null unless it is said.");
    private static readonly Option<string?> GrpcAddress = Flag.Text("grpc-addr", "Where the agent serves gRPC, as host:port (CONSUL_GRPC_ADDR).");
    private static readonly Option<string?> EnvoyVersion = Flag.Text("envoy-version", "The version of Envoy; 1.20.2 unless it is said.");

    public static CliCommand Create() => CliCommand.Asking(
        "envoy", "Prints the first configuration of an Envoy.", "connect envoy -sidecar-for web -bootstrap", RunAsync,
        Bootstrap, ProxyId, SidecarFor, AdminBind, AccessLog, GrpcAddress, EnvoyVersion);

    private static async Task<int> RunAsync(Invocation call)
    {
        var id = Said(call, ProxyId, "CONNECT_PROXY_ID") ?? (Said(call, SidecarFor, "CONNECT_SIDECAR_FOR") is { } service
            ? await SidecarOfAsync(call, service)
            : throw new CommandFailure("No proxy ID specified. One of -proxy-id, -sidecar-for, or -gateway is required"));
        if (!call.Of(Bootstrap))
        {
            throw new CommandFailure("This product starts no Envoy: take -bootstrap, and start it with what is printed.");
        }

        var self = await call.AskAsync(ApiRequest.Get("/v1/agent/self"), "Error: failed fetching agent config: ");
        var (grpcHost, grpcPort) = AddressOf(
            Said(call, GrpcAddress, "CONSUL_GRPC_ADDR") ?? "127.0.0.1:" + PortOf(self.Field("DebugConfig")).ToString(CultureInfo.InvariantCulture), "grpc-addr");
        var proxy = await call.AskAsync(ApiRequest.Get("/v1/agent/service/" + ApiRequest.Escape(id)), "Error: failed to fetch proxy config from local agent: ");
        var destination = proxy.Field("Proxy").ValueKind == JsonValueKind.Object
            ? proxy.Field("Proxy").Text("DestinationServiceName")
            : throw new CommandFailure("Error: service is not a Connect proxy or gateway");
        var (adminHost, adminPort) = AddressOf(call.Given(AdminBind) ?? "127.0.0.1:19000", "admin-bind");
        var document = JsonShape.Body(writer => EnvoyBootstrap.Write(writer, new EnvoyProxy(
            id, destination, self.Field("Config").Text("Datacenter"), adminHost, adminPort, call.Given(AccessLog) ?? "/dev/null", grpcHost, grpcPort,
            call.Given(EnvoyVersion) ?? "1.20.2", ApiFlags.Of(call.Result).Token ?? string.Empty)));
        await call.Errors.WriteLineAsync("This agent serves no xDS yet, so this Envoy gets no more than this; an application can ask the agent for its certificate and for decisions itself.");
        return call.Done(JsonShape.Print(JsonElement.Parse(document), shape: null, "  ") + "\n");
    }

    private static async Task<string> SidecarOfAsync(Invocation call, string service)
    {
        try
        {
            return await Invocation.GuardAsync($"Failed looking up sidecar proxy info for {service}: ", () => SidecarLookup.FindAsync(call.Api, service, call.Cancelled));
        }
        catch (ProxyException error)
        {
            throw new CommandFailure(error.Message);
        }
    }

    private static int PortOf(JsonElement debug) => debug.Number("GRPCPort") is > 0 and var port ? (int)port : DefaultGrpcPort;

    private static (string Host, int Port) AddressOf(string text, string flag)
    {
        var at = text.LastIndexOf(':');
        return at > 0 && int.TryParse(text[(at + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? (text[..at] == "localhost" ? "127.0.0.1" : text[..at].Trim('[', ']'), port)
            : throw new CommandFailure($"Error: invalid -{flag}: {text}");
    }

    private static string? Said(Invocation call, Option<string?> flag, string variable) =>
        call.Given(flag) ?? (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? text : null);
}
