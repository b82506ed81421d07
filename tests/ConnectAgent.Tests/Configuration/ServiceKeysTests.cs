using ConnectAgent.Configuration;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Configuration;

/// <summary>Services and checks that files define (config-and-cli section 2; recordings/config-cases.json).</summary>
public sealed class ServiceKeysTests
{
    [Fact] // LOAD-6
    public void Lists_append_over_files_and_the_singular_keys_stand_behind_them()
    {
        var definitions = ConfigTexts.Read(
            """{"services":[{"name":"a"}],"check":{"name":"d","ttl":"1s"}}""",
            """{"service":{"name":"c","port":1,"token":"t"},"services":[{"name":"b","connect":{"sidecar_service":{}}}],"checks":[{"name":"e","ttl":"2s"}]}""").Definitions;
        definitions.Services.Select(static service => (service.Service.Id, service.Service.Name, service.Sidecar is not null, service.Token))
            .Should().Equal(("a", "a", false, string.Empty), ("b", "b", true, string.Empty), ("c", "c", false, "t"));
        definitions.Checks.Select(static check => check.Name).Should().Equal("e", "d");
        definitions.ToString().Should().Be("3 services, 2 checks");
    }

    [Theory] // service-bad-weights, service-meta-bad, service-upstream-no-port
    [InlineData("""{"name":"a","weights":{"passing":0}}""", "1 error occurred:\n\t* Invalid weight definition for service a: Passing must be greater than 0\n\n")]
    [InlineData(
        """{"name":"a","meta":{"consul-x":"1"}}""",
        "1 error occurred:\n\t* invalid meta for service a: Couldn't load metadata pair ('consul-x', '1'): Key prefix 'consul-' is reserved for internal use\n\n")]
    [InlineData(
        """{"name":"web","kind":"connect-proxy","port":1,"proxy":{"destination_service_name":"x","upstreams":[{"destination_name":"db"}]}}""",
        "service \"web\": 1 error occurred:\n\t* upstream local bind port or local socket path must be defined and nonzero\n\n")]
    public void What_is_wrong_is_told_in_the_words_of_the_reference(string service, string text) =>
        service.Invoking(json => ConfigTexts.Read($$"""{"service":{{json}}}""")).Should().Throw<ConfigurationException>().WithMessage(text);

    [Theory] // service-bad-check, service-check-none, check-no-name, service-duplicate-id: told when they are registered, as by the reference
    [InlineData("""{"service":{"name":"a","check":{"ttl":"10s","interval":"5s"}}}""")]
    [InlineData("""{"service":{"name":"a","check":{}}}""")]
    [InlineData("""{"check":{"ttl":"1s"}}""")]
    [InlineData("""{"services":[{"id":"x","name":"a"},{"id":"x","name":"b"}]}""")]
    public void What_the_reference_reads_is_read(string json) => json.Invoking(text => ConfigTexts.Read(text)).Should().NotThrow();
}
