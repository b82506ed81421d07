using System.Diagnostics.Metrics;
using System.Text.Json;
using ConnectAgent.Configuration;
using ConnectAgent.Protocol.Limits;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Http.ConfigEntries;

/// <summary>Config entries over HTTP: statuses, prefixes, and that a refusal by a bound is counted.</summary>
public sealed class ConfigEntryHttpTests
{
    private const string Undecodable = "Bad request: Request decoding failed: ";

    [Theory]
    [InlineData("""{"Kind":"proxy-defaults","Config":{"a":1e400}}""", 400, Undecodable + "json: cannot unmarshal number 1e400 into Go value of type float64")]
    [InlineData(
        """{"Kind":"service-resolver","Name":"web","ConnectTimeout":""}""", 400,
        Undecodable + "1 error(s) decoding:\n\n* error decoding 'ConnectTimeout': time: invalid duration \"\"")]
    [InlineData("""{"Kind":"mesh","Name":"other"}""", 400, Undecodable + "1 error occurred:\n\t* invalid config key \"Name\"\n\n")]
    [InlineData(
        """{"Kind":"ingress-gateway","Name":"gw","Listeners":[{"Port":80,"Protocol":"ftp","Services":[{"Name":"web"}]}]}""", 400,
        "protocol must be 'tcp', 'http', 'http2', or 'grpc'. 'ftp' is an unsupported protocol")]
    [InlineData(
        """{"Kind":"ingress-gateway","Name":"gw","Listeners":[{"Port":80,"Protocol":"http","Services":[{"Name":"web"}]}]}""", 500,
        "service \"web\" has protocol \"tcp\", which does not match defined listener protocol \"http\"")]
    [InlineData("""{"Kind":"service-resolver","Name":"web","Redirect":{"Datacenter":"dc1"}}""", 200, "true\n")]
    public async Task FA_20_to_FA_24_have_the_statuses_and_texts_of_their_rules(string body, int status, string text)
    {
        await using var agent = await InProcessAgent.StartAsync();
        var answer = await agent.SendAsync("PUT", "/v1/config", body);
        (answer.Status, answer.Text.TrimEnd()).Should().Be((status, text.TrimEnd()));
        (await agent.GetAsync("/v1/config/")).AsArray().Should().HaveCount(status == 200 ? 1 : 0, "what is refused is not stored");
    }

    [Fact] // wherever JSON is kept as it is
    public async Task FA_24_A_number_beyond_a_double_is_refused_wherever_it_would_be_kept()
    {
        await using var agent = await InProcessAgent.StartAsync("deny");
        var before = await agent.SendAsync("GET", "/v1/connect/ca/configuration", token: "root");
        var (status, text, _) = await agent.SendAsync(
            "PUT", "/v1/connect/ca/configuration", """{"Provider":"consul","Config":{"LeafCertTTL":"72h","foo":[1e400]}}""", "root");
        (status, text).Should().Be(
            (400, "Bad request: Request decode failed: json: cannot unmarshal number 1e400 into Go struct field Alias.Config of type float64"));
        (await agent.SendAsync("GET", "/v1/connect/ca/configuration", token: "root")).Text.Should().Be(before.Text);

        (status, text, _) = await agent.SendAsync(
            "PUT", "/v1/acl/auth-method", """{"Name":"m","Type":"jwt","Config":{"foo":{"bar":-1e999}}}""", "root");
        status.Should().Be(400);
        text.Should().Contain("cannot unmarshal number -1e999 into Go struct field").And.EndWith(".Config of type float64");
    }

    [Fact] // a configuration file is another way into the same place
    public async Task FA_24_A_number_beyond_a_double_in_a_configuration_file_stops_the_start()
    {
        using var number = JsonDocument.Parse("1e400");
        var start = async () =>
        {
            await using var agent = await InProcessAgent.StartAsync(configure: values => values.Merge(ConnectKeys.CaConfig, new Dictionary<string, JsonElement> { ["foo"] = number.RootElement }));
        };
        (await start.Should().ThrowAsync<ConfigurationException>()).WithMessage(
            "connect.ca_config: json: cannot unmarshal number 1e400 into Go value of type float64");
    }

    [Fact]
    public async Task What_a_bound_refuses_is_answered_with_400_and_counted()
    {
        await using var agent = await InProcessAgent.StartAsync();
        var name = new string('a', 4097);
        var (status, text, _) = await agent.SendAsync("PUT", "/v1/config", $$"""{"Kind":"service-defaults","Name":"{{name}}"}""");
        (status, text).Should().Be((400, "Name has 4097 bytes, more than the 4096 that are taken"));
        (status, text, _) = await agent.SendAsync(
            "PUT", "/v1/config", """{"Kind":"proxy-defaults","Config":""" + string.Concat(Enumerable.Repeat("{\"a\":", 60)) + "1" + new string('}', 61));
        (status, text).Should().Be((400, Undecodable + "exceeded max depth"));
        (status, text, _) = await agent.SendAsync("PUT", "/v1/connect/intentions/exact?source=web&destination=" + name, """{"Action":"allow"}""");
        (status, text).Should().Be((400, "Bad request: destination is longer than 4096 bytes"));
        (status, _, _) = await agent.SendAsync("POST", "/v1/agent/connect/authorize", """{"Foo":""" + new string('[', 20_000));
        status.Should().Be(400);
        Refusals(agent.Services).Should().Contain(
            [("config_entries.name", 1L), ("http.name", 1L), ("http.body_document_depth", 1L), ("http.body_depth", 1L)]);
    }

    private static List<(string Limit, long Count)> Refusals(IServiceProvider services)
    {
        _ = services.GetRequiredService<LimitMetrics>();
        List<(string Limit, long Count)> read = [];
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, me) =>
        {
            if (instrument.Meter.Name == LimitMetrics.MeterName && ReferenceEquals(instrument.Meter.Scope, services.GetRequiredService<IMeterFactory>()))
            {
                me.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) => read.Add(((string)tags[0].Value!, count)));
        listener.Start();
        listener.RecordObservableInstruments();
        return read;
    }
}
