using System.Buffers;
using System.Text;
using System.Text.Json;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Agent.Servers.Consul;
using ConnectAgent.FuzzTests.Harness;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Json;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Services.Rules;
using ConnectAgent.TestKit.Processes;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>Registrations of services, checks and nodes, through decoding, every rule, the hash and the writers (services REG-1 to REG-14, CAT-1, CAT-2).</summary>
/// <remarks>The first line says which body it is.</remarks>
internal sealed class ServiceFuzz : FuzzTarget
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = GoJsonEncoder.Instance };

    private static readonly Dictionary<string, Action<ReadOnlyMemory<byte>>> Bodies = new(StringComparer.Ordinal)
    {
        ["service"] = RunService,
        ["check"] = static body => CheckRules.Standalone(RequestBody.DecodeBytes(body, ServiceBodies.AgentCheck)),
        ["node"] = RunNode,
        ["deregister"] = static body => CatalogRules.RequireNode(RequestBody.DecodeBytes(body, ServiceBodies.CatalogDeregistration).Node),
    };

    public override string Name => "service";

    public override IReadOnlyList<string> Words =>
    [
        .. Bodies.Keys.Select(static name => name + "\n"), "{", "}", "[", "]", ":", ",", "null", "true", "-1", "4294967296", "1e400", "\"\"", "\"*\"", "\"15s\"", "\"0.0.0.0\"", "\"::1\"",
        "\"Name\":\"a\"", "\"ID\":\"i\"", "\"Kind\":\"connect-proxy\"", "\"Kind\":\"mesh-gateway\"", "\"Port\":1", "\"Tags\":[\"a\"]", "\"Meta\":{\"a\":\"b\"}", "\"consul-x\":",
        "\"Weights\":{", "\"TaggedAddresses\":{", "\"lan_ipv4\":{\"Address\":", "\"Connect\":{\"SidecarService\":{", "\"sidecar_service\":", "\"Proxy\":{", "\"Config\":{",
        "\"Upstreams\":[{\"DestinationName\":\"a\",\"LocalBindPort\":1},", "\"destination_name\":", "\"Expose\":{\"Paths\":[{", "\"Check\":{", "\"Checks\":[{", "\"TTL\":\"1s\"",
        "\"Interval\":", "\"HTTP\":\"h\"", "\"Header\":{\"a\":[", "\"Status\":\"passing\"", "\"Node\":\"n\"", "\"Service\":{", "\"Definition\":{", "\"\\ud800\"", "\"\\u0000\"", "\\", "\u00e9",
    ];

    public override IReadOnlyList<Type> Refusals => [typeof(GoJsonException), typeof(ServerException)];

    public override int Inputs => Soak.Of(5_000, 100_000);

    // A record is copied for each of its fields, and an error is told for each upstream.
    public override long WorkPerByte => 8_192;

    public override bool Run(byte[] input)
    {
        var line = input.AsSpan().IndexOf((byte)'\n');
        if (line < 0 || !Bodies.TryGetValue(Encoding.Latin1.GetString(input.AsSpan(0, line)), out var run))
        {
            return false;
        }

        try
        {
            run(input.AsMemory(line + 1));
        }
        catch (ServerException error)
        {
            Require(error.Kind == FailureKind.Invalid, "a mistake of the caller is told as something else");
            throw;
        }

        return true;
    }

    private static void RunService(ReadOnlyMemory<byte> body)
    {
        var definition = RequestBody.DecodeBytes(body, ServiceBodies.AgentService);
        ServiceRules.RequireName(definition);
        definition = ServiceRules.WithDefaults(definition);
        ServiceRules.Validate(definition);
        RequireSame(TaggedAddressRules.Complete(definition.Service), definition.Checks);
        if (definition.Sidecar is not null)
        {
            var sidecar = SidecarRules.Expand(definition, 21_000);
            RequireSame(TaggedAddressRules.Complete(sidecar.Service), sidecar.Checks);
        }
    }

    private static void RunNode(ReadOnlyMemory<byte> body)
    {
        var registration = CatalogRules.Complete(RequestBody.DecodeBytes(body, ServiceBodies.CatalogRegistration));
        foreach (var check in registration.Checks)
        {
            Written(writer => CheckJson.Write(writer, check));
        }

        if (registration.Service is { } service)
        {
            Written(writer => ServiceJson.ServiceNode(writer, registration.Node, service));
            RequireSame(service, []);
        }
    }

    // What an agent tells the catalog must be taken there as what it is.
    private static void RequireSame(NodeService service, IReadOnlyList<CheckRequest> checks)
    {
        Written(writer => ServiceJson.AgentService(writer, service, "dc1", ContentHash.Of(service)));
        var body = CatalogBodies.Of(new CatalogRegistration(new CatalogNode { Name = "n" })
        {
            SkipNodeUpdate = true,
            Service = service,
            Checks = [.. CheckRules.OfService(service, checks).Select(check => RegisteredCheck.Of(check, isNested: true, token: string.Empty))
                .Select(check => check.HealthWith("n", service, check.Status, string.Empty))],
        });
        var read = CatalogRules.Complete(RequestBody.DecodeBytes(body, ServiceBodies.CatalogRegistration));
        Require(read.Checks.Count == checks.Count, "checks are lost");
        Require(ContentHash.Of(read.Service!) == ContentHash.Of(service), "another service is read than is written");
    }

    private static void Written(Action<Utf8JsonWriter> write)
    {
        using var writer = new Utf8JsonWriter(new ArrayBufferWriter<byte>(), Compact);
        write(writer);
        Require(writer.CurrentDepth == 0, "something is left open");
    }
}
