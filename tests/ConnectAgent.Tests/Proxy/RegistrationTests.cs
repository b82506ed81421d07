using System.Net;
using System.Text;
using System.Text.Json;
using ConnectAgent.Cli.Connect;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;
using ConnectAgent.Proxy.Options;
using ConnectAgent.Proxy.Registration;
using FluentAssertions;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ConnectAgent.Tests.Proxy;

/// <summary>How a proxy is described: by flags, and by what is registered.</summary>
public sealed class RegistrationTests
{
    [Fact]
    public void PROXY_6_It_registers_with_the_body_of_the_reference()
    {
        using var api = AgentApi.Open(new ApiOptions());
        var registration = new ProxyRegistration(api, "web2", string.Empty, new IPEndPoint(IPAddress.Loopback, 28443), TimeProvider.System, NullLogger.Instance);
        Encoding.UTF8.GetString(registration.Body()).Should().Be(
            """{"Kind":"connect-proxy","ID":"web2-proxy","Name":"web2-proxy","Port":28443,"Address":"127.0.0.1","Check":{"CheckID":"web2-proxy-ttl","Name":"proxy heartbeat","TTL":"30s","Status":"passing","Notes":"Built-in proxy will heartbeat this check."},"Checks":null,"Proxy":{"DestinationServiceName":"web2","MeshGateway":{},"Expose":{}}}""");
    }

    [Fact]
    public void PROXY_7_A_registration_says_what_the_proxy_does()
    {
        var options = RegisteredProxy.Of(
            JsonElement.Parse("""
                {"Kind":"connect-proxy","ID":"web-sidecar-proxy","Service":"web-sidecar-proxy","Address":"","Port":21000,"Proxy":{"DestinationServiceName":"web","LocalServiceAddress":"127.0.0.1","LocalServicePort":8080,
                "Config":{"local_connect_timeout_ms":500,"handshake_timeout_ms":2000,"protocol":"http"},
                "Upstreams":[{"DestinationType":"prepared_query","DestinationName":"db","Datacenter":"dc2","LocalBindPort":9191,"Config":{"connect_timeout_ms":1000}}]}}
                """),
            new InboundGiven(Protocol: null, SendsProxyHeader: false));
        options.Service.Should().Be("web");
        options.Inbound.Should().Be(new InboundOptions(new IPEndPoint(IPAddress.Any, 21000), new IPEndPoint(IPAddress.Loopback, 8080))
        {
            ConnectTime = TimeSpan.FromMilliseconds(500),
            HandshakeTime = TimeSpan.FromSeconds(2),
            Protocol = InboundProtocol.Http,
        });
        options.Upstreams.Should().Equal(new UpstreamOptions("db", new IPEndPoint(IPAddress.Loopback, 9191))
        {
            IsQuery = true,
            Datacenter = "dc2",
            ConnectTime = TimeSpan.FromSeconds(1),
        });
    }

    [Fact]
    public void PROXY_7_An_upstream_without_a_port_is_refused() => FluentActions.Invoking(static () => RegisteredProxy.Of(
            JsonElement.Parse("""{"Kind":"connect-proxy","Proxy":{"DestinationServiceName":"web","Upstreams":[{"DestinationName":"db"}]}}"""), new InboundGiven(null, false)))
        .Should().Throw<ProxyException>().WithMessage("upstream db has no local_bind_port");

    [Theory]
    [InlineData("db:9191", "127.0.0.1:9191->service:default/db")]
    [InlineData("db:0.0.0.0:9191", "0.0.0.0:9191->service:default/db")]
    [InlineData("prepared_query/near:9191", "127.0.0.1:9191->prepared_query:default/near")]
    [InlineData("db@dc2:unix:///run/db.sock", "unix:///run/db.sock->service:default/db")]
    public void An_upstream_is_read_from_its_flag(string text, string expected)
    {
        var upstream = ProxyCommand.ParseUpstream(text);
        $"{Endpoints.Show(upstream.Listen)}->{upstream}".Should().Be(expected);
        upstream.Datacenter.Should().Be(text.Contains("@dc2", StringComparison.Ordinal) ? "dc2" : null);
    }

    [Fact] // recordings/cli.json
    public void An_upstream_that_is_none_is_refused_in_the_words_of_the_reference() => FluentActions.Invoking(static () => ProxyCommand.ParseUpstream("bad"))
        .Should().Throw<CommandFailure>().WithMessage("invalid value \"bad\" for flag -upstream: Upstream value should be name:addr in \"bad\"");
}
