using ConnectAgent.Configuration;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Configuration;

/// <summary>Tokens that the service manager hands over as files (systemd.exec(5), LoadCredential).</summary>
public sealed class CredentialsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ConfigValues _values = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_credential_is_the_value_of_the_key_that_it_is_named_after()
    {
        _folder.Write("acl.tokens.agent", "one\n");
        _folder.Write("acl.tokens.default", "two");
        _folder.Write("acl.tokens.agent_recovery", "three\r\n");
        _folder.Write("acl.tokens.initial_management", "four");
        _folder.Write("tls.key", "is no key of the configuration, and is read by its path");
        Take();
        (_values.Of(AclKeys.AgentToken), _values.Of(AclKeys.DefaultToken), _values.Of(AclKeys.RecoveryToken), _values.Of(AclKeys.ManagementToken))
            .Should().Be(("one", "two", "three", "four"));
        _values.Warnings.Should().BeEmpty();
    }

    [Fact]
    public void It_beats_files_with_a_warning_that_shows_neither()
    {
        _values.Merge(AclKeys.AgentToken, "of-the-file");
        _folder.Write("acl.tokens.agent", "of-the-credential");
        Take();
        _values.Of(AclKeys.AgentToken).Should().Be("of-the-credential");
        _values.PartsOf(AclKeys.AgentToken).Should().ContainSingle("the effective configuration names its source").Which.Source.Name.Should().Be("CREDENTIALS_DIRECTORY acl.tokens.agent");
        _values.Warnings.Should().Equal("acl.tokens.agent is set by a credential, too: the credential counts");
    }

    [Fact]
    public void A_name_that_looks_like_a_key_and_is_none_is_warned_of()
    {
        _folder.Write("acl.tokens.agnt", "secret");
        Take();
        _values.Warnings.Should().ContainSingle().Which.Should().StartWith("credential acl.tokens.agnt is none of acl.tokens.agent, ").And.NotContain("secret");
    }

    [Theory]
    [InlineData("\n", "credential acl.tokens.agent: it is empty")]
    [InlineData("a byte that stands for nothing", "credential acl.tokens.agent: it is not Unicode")]
    [InlineData(null, "credential acl.tokens.agent: it is larger than 8192 bytes")]
    public void One_that_cannot_be_used_stops_the_start_and_is_named(string? content, string expected)
    {
        File.WriteAllBytes(Path.Combine(_folder.Path, "acl.tokens.agent"), content == "a byte that stands for nothing" ? [0xff] : System.Text.Encoding.UTF8.GetBytes(content ?? new string('x', 8193)));
        this.Invoking(static test => test.Take()).Should().Throw<ConfigurationException>().WithMessage(expected);
    }

    [Fact]
    public void Without_a_directory_there_are_none_and_one_that_is_not_there_is_named()
    {
        Credentials.Take(_values, null);
        Credentials.Take(_values, string.Empty);
        _values.Invoking(static values => Credentials.Take(values, "/nowhere")).Should().Throw<ConfigurationException>().WithMessage("CREDENTIALS_DIRECTORY: /nowhere cannot be read: *");
    }

    private void Take() => Credentials.Take(_values, _folder.Path);
}
