using System.Text.Json;
using ConnectAgent.Configuration;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Http.Wire;

/// <summary>What a setting refuses says which one, in a header where the text is contract, else in the text, too.</summary>
public sealed class RefusalSettingTests
{
    private const string Header = "X-Connect-Agent-Setting: ";

    public static TheoryData<string, string, string, string, string> Refusals => new()
    {
        // SEC-2, SEC-3
        { "GET", "/v1/status/leader", "Host: evil.example", "connect_agent.allowed_hosts", "Host not allowed: connect_agent.allowed_hosts names those that are" },
        {
            "PUT", "/v1/config", "Origin: http://evil.example", "http_config.response_headers",
            "Origin not allowed: Access-Control-Allow-Origin in http_config.response_headers names the one that is"
        },

        // HCFG-1, LAUNCH-4: exact texts
        { "GET", "/v1/status/peers", "X-Any: 1", "http_config.block_endpoints", "Endpoint is blocked by agent configuration" },
        { "PUT", "/v1/config", "X-Any: 1", "http_config.allow_write_http_from", "Access is restricted" },
        { "GET", "/v1/connect/ca/roots", "X-Any: 1", "connect.enabled", "Connect must be enabled in order to use this endpoint" },
        { "GET", "/v1/agent/connect/ca/leaf/web", "X-Any: 1", "connect.enabled", "Connect must be enabled in order to use this endpoint" },
        {
            "GET", "/v1/agent/metrics?format=prometheus", "X-Any: 1", "telemetry.prometheus_retention_time",
            "Prometheus is not enabled since its retention time is not positive"
        },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task FA_38_A_refusal_names_the_setting_that_lifts_it(string method, string path, string header, string setting, string text)
    {
        await using var agent = await InProcessAgent.StartAsync(configure: values =>
        {
            values.Set(ConnectKeys.Enabled, false);
            values.Merge(HttpKeys.BlockEndpoints, new List<string> { "/v1/status/peers" });
            values.Merge(HttpKeys.AllowWriteHttpFrom, new List<string> { "10.0.0.0/8" });
        });
        var answer = await agent.ExchangeAsync(new HttpMethod(method), path, null, (header.Split(": ")[0], header.Split(": ")[1]));
        answer.Should().Contain("\n" + Header + setting + "\n");
        BodyOf(answer).Should().Be(text);
    }

    [Fact] // CA-71, LEAF-60: agents know the refusal by its exact text
    public async Task FA_41_A_leaf_over_the_rate_is_refused_by_name_and_the_summary_counts_it()
    {
        await using var agent = await InProcessAgent.StartAsync(configure: values =>
            values.Merge(ConnectKeys.CaConfig, new Dictionary<string, JsonElement> { [CaConfigType.WireNameOf("csr_max_per_second")] = JsonSerializer.SerializeToElement(0.1) }));
        (await agent.SendAsync("GET", "/v1/agent/connect/ca/leaf/first")).Status.Should().Be(200);
        var (status, text, headers) = await agent.SendAsync("GET", "/v1/agent/connect/ca/leaf/second");
        (status, text).Should().Be((429, "Rate limit reached, try again later"));
        headers["X-Connect-Agent-Setting"].Should().Be("connect.ca_config.csr_max_per_second");
        var signing = (await agent.GetAsync("/v1/agent/connect/cache/summary"))["Signing"]!;
        ((int)signing["Waiting"]!, (int)signing["Refused"]!).Should().Be((0, 1));
    }

    private static string BodyOf(string answer) => System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(answer[(answer.LastIndexOf('\n') + 1)..]));
}
