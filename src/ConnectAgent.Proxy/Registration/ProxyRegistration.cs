using System.Buffers;
using System.Net;
using System.Text.Json;
using ConnectAgent.Client.Api;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Proxy.Registration;

/// <summary>Registers a proxy that is configured by flags, keeps it registered and alive, and takes it away at the end (clients PROXY-6).</summary>
/// <param name="api">The agent.</param>
/// <param name="service">The service that it is the proxy of.</param>
/// <param name="suffix">Tells proxies of one service apart; empty for none.</param>
/// <param name="address">Where it listens.</param>
internal sealed class ProxyRegistration(AgentApi api, string service, string suffix, IPEndPoint address, TimeProvider clock, ILogger logger)
{
    private const int Attempts = 3;

    private static readonly TimeSpan CatalogInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly string _name = service + "-proxy";

    public string Id { get; } = service + "-proxy" + (suffix.Length > 0 ? "-" + suffix : string.Empty);

    private string CheckId => Id + "-ttl";

    /// <summary>Runs until it is cancelled, and then deregisters.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var beatsBetween = (int)(CatalogInterval / Heartbeat);
        try
        {
            for (var beat = 0; ; beat++)
            {
                if (beat % beatsBetween == 0)
                {
                    await EnsureAsync(cancellationToken);
                }

                await Task.Delay(Heartbeat, clock, cancellationToken);
                await TryAsync(ApiRequest.Put("/v1/agent/check/pass/" + ApiRequest.Escape(CheckId)).With("note", string.Empty), logger.HeartbeatFailed, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await DeregisterAsync();
        }
    }

    /// <summary>The body of the registration.</summary>
    internal byte[] Body()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("Kind", "connect-proxy");
            writer.WriteString("ID", Id);
            writer.WriteString("Name", _name);
            writer.WriteNumber("Port", address.Port);
            writer.WriteString("Address", address.Address.ToString());
            writer.WriteStartObject("Check");
            writer.WriteString("CheckID", CheckId);
            writer.WriteString("Name", "proxy heartbeat");
            writer.WriteString("TTL", "30s");
            writer.WriteString("Status", "passing");
            writer.WriteString("Notes", "Built-in proxy will heartbeat this check.");
            writer.WriteEndObject();
            writer.WriteNull("Checks");
            writer.WriteStartObject("Proxy");
            writer.WriteString("DestinationServiceName", service);
            writer.WriteStartObject("MeshGateway");
            writer.WriteEndObject();
            writer.WriteStartObject("Expose");
            writer.WriteEndObject();
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private async Task EnsureAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answer = await api.SendAsync(ApiRequest.Get("/v1/catalog/service/" + ApiRequest.Escape(_name)).With("stale", string.Empty), cancellationToken);
            if (answer.Json() is { ValueKind: JsonValueKind.Array } entries && entries.EnumerateArray().Any(IsThis))
            {
                return;
            }

            await api.SendAsync(ApiRequest.Put("/v1/agent/service/register").With(Body()), cancellationToken);
            logger.Registered(Id);
        }
        catch (ApiException error)
        {
            logger.RegistrationFailed(Id, error.Message);
        }
    }

    private bool IsThis(JsonElement entry) =>
        entry.TextOf("ServiceID") == Id && entry.TextOf("ServiceAddress") == address.Address.ToString() && entry.NumberOf("ServicePort") == address.Port;

    private async Task DeregisterAsync()
    {
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            if (await TryAsync(ApiRequest.Put("/v1/agent/service/deregister/" + ApiRequest.Escape(Id)), logger.DeregistrationFailed, CancellationToken.None) || attempt == Attempts)
            {
                return;
            }

            await Task.Delay(Pause, clock, CancellationToken.None);
        }
    }

    private async Task<bool> TryAsync(ApiRequest request, Action<string, string> failed, CancellationToken cancellationToken)
    {
        try
        {
            await api.SendAsync(request, cancellationToken);
            return true;
        }
        catch (ApiException error)
        {
            failed(Id, error.Message);
            return false;
        }
    }
}
