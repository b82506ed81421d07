using ConnectAgent.Client.Api;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Client.Api;

/// <summary>What is refused before anything is sent (config-and-cli section 4).</summary>
public sealed class AgentApiTests
{
    [Theory]
    [InlineData("a\nX-Other: b")]
    [InlineData("a b")]
    [InlineData("ü")]
    public void A_token_that_no_header_may_hold_is_refused_without_being_shown(string token) =>
        FluentActions.Invoking(() => AgentApi.Open(new ApiOptions { Token = token })).Should().Throw<ApiException>()
            .WithMessage("the token holds characters that no token has: blanks, line ends, or other than ASCII");

    [Theory] // the system's CAs would be trusted in their place
    [InlineData(true)]
    [InlineData(false)]
    public void A_place_of_CAs_that_holds_none_is_refused(bool isFile)
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("ca.pem", "no certificate");
        var options = isFile ? new ApiOptions { AuthorityFile = file } : new ApiOptions { AuthorityDirectory = folder.Path };
        FluentActions.Invoking(() => AgentApi.Open(options)).Should().Throw<ApiException>()
            .WithMessage($"Error loading TLS files: {(isFile ? file : folder.Path)} holds no certificate");
    }
}
