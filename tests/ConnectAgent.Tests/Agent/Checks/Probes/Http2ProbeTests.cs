using System.Net;
using System.Net.Sockets;
using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Protocol.Services;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Agent.Checks.Probes;

/// <summary>services CHK-8: pings and the standard health service, of real servers.</summary>
public class Http2ProbeTests
{
    private static readonly CheckOptions Trusting = new() { Tls = new CheckTls { Authorities = [TargetServer.Certificate] } };

    [Fact]
    public async Task A_server_of_HTTP_2_answers_a_ping_over_TLS_and_in_the_clear()
    {
        // Given
        await using var plain = await TargetServer.StartAsync(_ => Task.CompletedTask, HttpProtocols.Http2);
        await using var secure = await TargetServer.StartAsync(_ => Task.CompletedTask, HttpProtocols.Http2, isSecure: true);
        var named = new CheckDefinition { H2Ping = secure.HostPort, TlsServerName = "web.internal" };

        // When, Then
        var passing = CheckResult.Passing("HTTP2 ping was successful");
        (await PingAsync(new CheckDefinition { H2Ping = plain.HostPort, H2PingInClear = true })).Should().Be(passing);
        (await PingAsync(named, Trusting)).Should().Be(passing);
        (await PingAsync(new CheckDefinition { H2Ping = secure.HostPort, TlsSkipVerify = true })).Should().Be(passing);
        (await PingAsync(named)).Should().Match<CheckResult>(result => result.Status == "critical" && result.Output.StartsWith($"HTTP2 ping {secure.HostPort}: tls: "));
    }

    [Fact]
    public async Task A_server_that_speaks_something_else_is_critical()
    {
        await using var plain = await TargetServer.StartAsync(_ => Task.CompletedTask);
        await using var secure = await TargetServer.StartAsync(_ => Task.CompletedTask, isSecure: true);
        var port = FreePorts.Next();
        (await PingAsync(new CheckDefinition { H2Ping = plain.HostPort, H2PingInClear = true })).Should().Be(CheckResult.Critical($"HTTP2 ping {plain.HostPort}: the server closes the connection (GOAWAY)"));
        (await PingAsync(new CheckDefinition { H2Ping = secure.HostPort, TlsSkipVerify = true })).Status.Should().Be("critical");
        (await PingAsync(new CheckDefinition { H2Ping = $"127.0.0.1:{port}" }))
            .Should().Be(CheckResult.Critical($"HTTP2 ping 127.0.0.1:{port}: dial tcp 127.0.0.1:{port}: connect: connection refused"));
    }

    // RFC 9113 sections 4.2, 6.7, 6.8
    [Theory]
    [InlineData("000000040000000000 FFFFFF060100000000", "the server does not speak HTTP/2")]
    [InlineData("000000040000000000 0000080700000000000000000000000000", "the server closes the connection (GOAWAY)")]
    [InlineData("0000080700000000000000000000000000", "the server closes the connection (GOAWAY)")]
    [InlineData("000000040000000000 0000080601000000000102030405060708", "the connection was closed")]
    [InlineData("000000040000000000", "the connection was closed")]
    [InlineData("*", "no answer to the ping in 64 frames")]
    public async Task A_server_that_answers_wrongly_is_critical(string frames, string words)
    {
        // Given: what the server sends, in hexadecimal; or settings without end.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var bytes = Convert.FromHexString(frames == "*" ? string.Concat(Enumerable.Repeat("000000040000000000", 80)) : frames.Replace(" ", string.Empty, StringComparison.Ordinal));

        // When
        var ping = PingAsync(new CheckDefinition { H2Ping = $"{listener.LocalEndpoint}", H2PingInClear = true });
        using var connection = await listener.AcceptSocketAsync();
        await connection.SendAsync(bytes);
        connection.Shutdown(SocketShutdown.Send);

        // Then
        (await ping).Should().Be(CheckResult.Critical($"HTTP2 ping {listener.LocalEndpoint}: {words}"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_standard_health_service_says_how_the_server_and_its_services_are(bool isSecure)
    {
        // Given
        var health = new HealthServiceImpl();
        health.SetStatus(string.Empty, HealthCheckResponse.Types.ServingStatus.Serving);
        health.SetStatus("shop.Cart", HealthCheckResponse.Types.ServingStatus.NotServing);
        health.SetStatus("shop.Order", HealthCheckResponse.Types.ServingStatus.Serving);
        health.SetStatus(new string('s', 300), HealthCheckResponse.Types.ServingStatus.Serving);
        await using var server = await GrpcServer(health, isSecure);

        // When, Then
        (await AskAsync(server.HostPort)).Should().Be(CheckResult.Passing($"gRPC check {server.HostPort}: success"));
        (await AskAsync($"{server.HostPort}/shop.Order")).Should().Be(CheckResult.Passing($"gRPC check {server.HostPort}/shop.Order: success"));
        (await AskAsync($"{server.HostPort}/{new string('s', 300)}")).Status.Should().Be("passing");
        (await AskAsync($"{server.HostPort}/shop.Cart")).Should().Be(CheckResult.Critical($"gRPC check {server.HostPort}/shop.Cart: status NOT_SERVING"));
        (await AskAsync($"{server.HostPort}/nope")).Output.Should().StartWith($"gRPC check {server.HostPort}/nope: rpc error: code = 5 desc = ");

        Task<CheckResult> AskAsync(string target) => LookAsync(new GrpcProbe(
            new CheckDefinition { Grpc = target, GrpcUseTls = isSecure, TlsServerName = "web.internal" }, Trusting, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task What_is_no_health_service_is_critical()
    {
        await using var other = await TargetServer.StartAsync(_ => Task.CompletedTask, HttpProtocols.Http2);
        await using var old = await TargetServer.StartAsync(_ => Task.CompletedTask);
        var port = FreePorts.Next();
        (await AskAsync(other.HostPort)).Should().Be(CheckResult.Critical($"gRPC check {other.HostPort}: the answer is no gRPC answer"));
        (await AskAsync(old.HostPort)).Status.Should().Be("critical");
        (await AskAsync($"127.0.0.1:{port}")).Should().Be(CheckResult.Critical($"gRPC check 127.0.0.1:{port}: dial tcp 127.0.0.1:{port}: connect: connection refused"));

        static Task<CheckResult> AskAsync(string target) => LookAsync(new GrpcProbe(new CheckDefinition { Grpc = target }, Trusting, TimeSpan.FromSeconds(10)));
    }

    private static Task<TargetServer> GrpcServer(HealthServiceImpl health, bool isSecure) => TargetServer.StartAsync(
        _ => Task.CompletedTask,
        HttpProtocols.Http2,
        isSecure,
        services => services.AddSingleton(health).AddGrpc(),
        app => app.MapGrpcService<HealthServiceImpl>());

    private static Task<CheckResult> PingAsync(CheckDefinition definition, CheckOptions? options = null) =>
        LookAsync(new Http2PingProbe(definition, options ?? new CheckOptions()));

    private static async Task<CheckResult> LookAsync(ICheckProbe probe)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        return await probe.RunAsync(limit.Token);
    }
}
