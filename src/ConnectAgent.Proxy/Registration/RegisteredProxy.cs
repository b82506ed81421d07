using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using ConnectAgent.Client.Api;
using ConnectAgent.Proxy.Options;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Proxy.Registration;

/// <summary>A proxy that is registered with the agent: what it says of itself is what it does (clients PROXY-7).</summary>
internal static class RegisteredProxy
{
    private const string AnyAddress = "0.0.0.0";
    private const string LoopbackAddress = "127.0.0.1";

    /// <summary>Reads the registration.</summary>
    /// <param name="api">The agent.</param>
    /// <param name="id">Of the proxy.</param>
    /// <param name="given">What flags say; they win.</param>
    /// <exception cref="ApiException">The agent does not answer, or does not know it.</exception>
    /// <exception cref="ProxyException">It is none, or of no use.</exception>
    public static async Task<ProxyOptions> ReadAsync(AgentApi api, string id, InboundGiven given, CancellationToken cancellationToken) =>
        Of((await api.SendAsync(Request(id), cancellationToken)).Json(), given);

    /// <summary>Reads it whenever it has changed, by its hash (clients WATCH-1). A registration that is of no use leaves what is.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    public static async IAsyncEnumerable<ProxyOptions> FollowAsync(
        AgentApi api, string id, InboundGiven given, ILogger logger, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var answer in api.FollowAsync(() => Request(id), FailedAsync, cancellationToken))
        {
            ProxyOptions? options = null;
            try
            {
                options = Of(answer.Json(), given);
            }
            catch (Exception error) when (error is ApiException or ProxyException)
            {
                logger.RegistrationUnusable(id, error.Message);
            }

            if (options is not null)
            {
                yield return options;
            }
        }

        Task FailedAsync(ApiException error)
        {
            logger.RegistrationUnread(id, error.Message);
            return Task.CompletedTask;
        }
    }

    /// <summary>What a registration says.</summary>
    internal static ProxyOptions Of(JsonElement service, InboundGiven given)
    {
        var proxy = service.FieldOf("Proxy");
        if (proxy.ValueKind != JsonValueKind.Object || service.TextOf("Kind") != "connect-proxy")
        {
            throw new ProxyException($"{service.TextOf("ID")} is no proxy");
        }

        return new ProxyOptions
        {
            Service = proxy.TextOf("DestinationServiceName"),
            Inbound = InboundOf(service, proxy, given),
            Upstreams = [.. proxy.ItemsOf("Upstreams").Select(UpstreamOf)],
        };
    }

    private static ApiRequest Request(string id) => ApiRequest.Get("/v1/agent/service/" + ApiRequest.Escape(id));

    private static InboundOptions? InboundOf(JsonElement service, JsonElement proxy, InboundGiven given)
    {
        var (config, port) = (proxy.FieldOf("Config"), service.NumberOf("Port"));
        if (port == 0)
        {
            return null;
        }

        var local = proxy.TextOf("LocalServiceSocketPath") is { Length: > 0 } path
            ? Endpoints.Unix(path)
            : Endpoints.Of(Or(proxy.TextOf("LocalServiceAddress"), LoopbackAddress), proxy.NumberOf("LocalServicePort"));
        return new InboundOptions(Endpoints.Of(Or(config.TextOf("bind_address"), Or(service.TextOf("Address"), AnyAddress)), port), local)
        {
            ConnectTime = Milliseconds(config, "local_connect_timeout_ms") ?? TimeSpan.FromSeconds(1),
            HandshakeTime = Milliseconds(config, "handshake_timeout_ms"),
            Protocol = given.Protocol ?? InboundGiven.ProtocolOf(config.TextOf("protocol")) ?? InboundProtocol.Tcp,
            SendsProxyHeader = given.SendsProxyHeader,
        };
    }

    private static UpstreamOptions UpstreamOf(JsonElement upstream)
    {
        var (name, port, path) = (upstream.TextOf("DestinationName"), upstream.NumberOf("LocalBindPort"), upstream.TextOf("LocalBindSocketPath"));
        if (port < 1 && path.Length == 0)
        {
            throw new ProxyException($"upstream {name} has no local_bind_port");
        }

        return new UpstreamOptions(name, path.Length > 0 ? Endpoints.Unix(path) : Endpoints.Of(Or(upstream.TextOf("LocalBindAddress"), LoopbackAddress), port))
        {
            IsQuery = upstream.TextOf("DestinationType") == UpstreamOptions.QueryType,
            Datacenter = upstream.TextOf("Datacenter") is { Length: > 0 } datacenter ? datacenter : null,
            SocketMode = upstream.TextOf("LocalBindSocketMode") is { Length: > 0 } mode ? mode : null,
            ConnectTime = Milliseconds(upstream.FieldOf("Config"), "connect_timeout_ms") ?? TimeSpan.FromSeconds(10),
        };
    }

    private static string Or(string text, string otherwise) => text.Length > 0 ? text : otherwise;

    // A number, or a text that is one; anything else says nothing.
    private static TimeSpan? Milliseconds(JsonElement config, string name) =>
        double.TryParse(config.TextOf(name), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number is > 0 and < int.MaxValue
            ? TimeSpan.FromMilliseconds(number)
            : null;
}
