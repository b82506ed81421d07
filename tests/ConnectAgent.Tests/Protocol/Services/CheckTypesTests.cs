using ConnectAgent.Protocol.Services;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Services;

public class CheckTypesTests
{
    // services CHK-8: the order when several are set.
    [Fact]
    public void Given_a_check_of_all_types_When_they_are_taken_away_one_by_one_Then_the_next_in_the_order_of_the_reference_counts()
    {
        // Given
        var check = new CheckDefinition
        {
            Grpc = "a:1",
            Http = "http://a",
            Ttl = TimeSpan.FromSeconds(1),
            Tcp = "a:1",
            Udp = "a:1",
            AliasService = "a",
            DockerContainerId = "a",
            ScriptArgs = ["a"],
            H2Ping = "a:1",
            OsService = "a",
        };

        // When
        List<string> types =
        [
            CheckTypes.Of(check),
            CheckTypes.Of(check = check with { Grpc = string.Empty }),
            CheckTypes.Of(check = check with { Http = string.Empty }),
            CheckTypes.Of(check = check with { Ttl = default }),
            CheckTypes.Of(check = check with { Tcp = string.Empty }),
            CheckTypes.Of(check = check with { Udp = string.Empty }),
            CheckTypes.Of(check = check with { AliasService = string.Empty }),
            CheckTypes.Of(check = check with { DockerContainerId = string.Empty }),
            CheckTypes.Of(check = check with { ScriptArgs = [] }),
            CheckTypes.Of(check = check with { H2Ping = string.Empty }),
            CheckTypes.Of(check with { OsService = string.Empty }),
        ];

        // Then
        types.Should().Equal("grpc", "http", "ttl", "tcp", "udp", "alias", "docker", "script", "h2ping", "os_service", string.Empty);
    }
}
