using ConnectAgent.Configuration;
using ConnectAgent.Protocol.Acl;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Configuration;

/// <summary>The <c>acl</c> block and its old spellings, read from files (acl section 2).</summary>
public sealed class AclSettingsTests
{
    [Fact] // ACL-CFG-1
    public void Without_a_word_ACLs_are_off_and_the_rest_has_its_defaults()
    {
        var configuration = Read("{}");
        configuration.Acl.Enabled.Should().BeFalse();
        configuration.Wire.DefaultPolicy.Should().Be("allow");
        configuration.RemoteTokens.DownPolicy.Should().Be(DownPolicy.ExtendCache);
        new[] { AclKeys.TokenTtl, AclKeys.PolicyTtl, AclKeys.RoleTtl }.Select(ConfigTexts.Merge("{}").Of).Should().AllBeEquivalentTo(TimeSpan.FromSeconds(30));
        configuration.Warnings.Should().BeEmpty();
    }

    [Theory] // ACL-CFG-1
    [InlineData("allow", DownPolicy.Allow)]
    [InlineData("deny", DownPolicy.Deny)]
    [InlineData("extend-cache", DownPolicy.ExtendCache)]
    [InlineData("async-cache", DownPolicy.AsyncCache)]
    [InlineData("", DownPolicy.ExtendCache)]
    internal void The_down_policy_has_four_words(string word, DownPolicy expected) =>
        Read($$"""{"acl":{"down_policy":"{{word}}"} }""").RemoteTokens.DownPolicy.Should().Be(expected);

    [Fact] // ACL-CFG-1
    public void A_life_of_zero_is_the_default_for_roles_only()
    {
        var values = ConfigTexts.Merge("""{"acl":{"token_ttl":"0s","policy_ttl":"5m","role_ttl":"0"}}""");
        values.Of(AclKeys.TokenTtl).Should().Be(TimeSpan.Zero);
        values.Of(AclKeys.PolicyTtl).Should().Be(TimeSpan.FromMinutes(5));
        values.Of(AclKeys.RoleTtl).Should().Be(TimeSpan.FromSeconds(30));
    }

    // ACL-CFG-2, ACL-CFG-3: each old spelling alone, and against the new one in both orders.
    [Theory]
    [InlineData("""{"acl_datacenter":"DC2"}""", """{"primary_datacenter":"dc3"}""", "primary=dc2 enabled", "primary=dc3 enabled")]
    [InlineData("""{"acl_master_token":"old"}""", """{"acl":{"tokens":{"initial_management":"new"}}}""", "management=old", "management=new")]
    [InlineData("""{"acl":{"tokens":{"master":"old"}}}""", """{"acl":{"tokens":{"initial_management":"new"}}}""", "management=old", "management=new")]
    [InlineData("""{"acl_master_token":"older"}""", """{"acl":{"tokens":{"master":"old"}}}""", "management=older", "management=old")]
    [InlineData("""{"acl_agent_master_token":"old"}""", """{"acl":{"tokens":{"agent_recovery":"new"}}}""", "recovery=old", "recovery=new")]
    [InlineData("""{"acl":{"tokens":{"agent_master":"old"}}}""", """{"acl":{"tokens":{"agent_recovery":"new"}}}""", "recovery=old", "recovery=new")]
    [InlineData("""{"acl_token":"old"}""", """{"acl":{"tokens":{"default":"new"}}}""", "default=old", "default=new")]
    [InlineData("""{"acl_default_policy":"deny"}""", """{"acl":{"default_policy":"allow"}}""", "policy=deny", "")]
    [InlineData("""{"acl_down_policy":"deny"}""", """{"acl":{"down_policy":"allow"}}""", "down=Deny", "down=Allow")]
    [InlineData("""{"acl_ttl":"7s"}""", """{"acl":{"token_ttl":"8s"}}""", "ttl=7", "ttl=8")]
    public void An_old_spelling_counts_until_the_new_one_is_written(string old, string current, string alone, string both)
    {
        Show(Read(old)).Should().Be(alone);
        Show(Read(old, current)).Should().Be(both);
        Show(Read(current, old)).Should().Be(both);
    }

    [Fact] // LOAD-6
    public void Of_two_files_with_the_same_old_spelling_the_later_wins() =>
        Show(Read("""{"acl_token":"first"}""", """{"acl_token":"second"}""")).Should().Be("default=second");

    [Theory] // ACL-CFG-4
    [InlineData("""{"acl_datacenter":"dc1"}""", true)]
    [InlineData("""{"acl_datacenter":"dc1","acl":{"enabled":false}}""", false)]
    [InlineData("""{"acl":{"enabled":false},"acl_datacenter":"dc1"}""", false)]
    [InlineData("""{"acl_datacenter":""}""", false)]
    [InlineData("""{"acl_token":"x"}""", false)]
    public void The_old_datacenter_turns_ACLs_on_unless_something_else_is_said(string file, bool expected) =>
        Read(file).Acl.Enabled.Should().Be(expected);

    [Theory] // ACL-CFG-3, ACL-CFG-5
    [InlineData("acl_datacenter", "\"dc1\"", "primary_datacenter")]
    [InlineData("acl_master_token", "\"x\"", "acl.tokens.initial_management")]
    [InlineData("acl_agent_master_token", "\"x\"", "acl.tokens.agent_recovery")]
    [InlineData("acl_agent_token", "\"x\"", "acl.tokens.agent")]
    [InlineData("acl_token", "\"x\"", "acl.tokens.default")]
    [InlineData("acl_replication_token", "\"x\"", "acl.tokens.replication")]
    [InlineData("acl_default_policy", "\"deny\"", "acl.default_policy")]
    [InlineData("acl_down_policy", "\"deny\"", "acl.down_policy")]
    [InlineData("acl_ttl", "\"1s\"", "acl.token_ttl")]
    [InlineData("enable_acl_replication", "true", "acl.enable_token_replication")]
    [InlineData("acl_enable_key_list_policy", "true", "acl.enable_key_list_policy")]
    public void An_old_spelling_is_warned_of_once(string old, string value, string current)
    {
        var file = $$"""{"{{old}}":{{value}}}""";
        Read(file, file).Warnings.Where(warning => !warning.EndsWith("has no effect", StringComparison.Ordinal))
            .Should().Equal($"The '{old}' field is deprecated. Use the '{current}' field instead.");
    }

    [Fact] // ACL-CFG-3
    public void The_key_that_does_nothing_is_warned_of() => Read("""{"acl_enforce_version_8":false}""").Warnings.Should().Equal(
        "config key \"acl_enforce_version_8\" is deprecated and should be removed");

    [Theory] // ACL-CFG-8
    [InlineData("root", true)]
    [InlineData("12345678-1234-1234-1234-123456789012", false)]
    public void A_management_token_that_is_no_UUID_is_warned_of(string secret, bool isWarned) =>
        Read($$"""{"acl":{"enabled":true,"tokens":{"initial_management":"{{secret}}"} } }""").Warnings.Should().Equal(
            isWarned ? ["Configuring a non-UUID master token is deprecated"] : []);

    [Theory] // ACL-CFG-6
    [InlineData("""{"acl":{"default_policy":"nope"}}""", "Unsupported default ACL policy: nope")]
    [InlineData("""{"acl":{"default_policy":"manage"}}""", "Unsupported default ACL policy: manage")]
    [InlineData("""{"acl_default_policy":"nope"}""", "Unsupported default ACL policy: nope")]
    [InlineData("""{"acl":{"down_policy":"nope"}}""", "Unsupported down ACL policy: nope")]
    [InlineData("""{"acl_down_policy":"nope"}""", "Unsupported down ACL policy: nope")]
    [InlineData("""{"acl":{"token_ttl":"abc"}}""", "acl.token_ttl: invalid duration: \"abc\": time: invalid duration \"abc\"")]
    [InlineData("""{"acl":{"policy_ttl":"abc"}}""", "acl.policy_ttl: invalid duration: \"abc\": time: invalid duration \"abc\"")]
    [InlineData("""{"acl":{"role_ttl":"abc"}}""", "acl.role_ttl: invalid duration: \"abc\": time: invalid duration \"abc\"")]
    [InlineData("""{"acl":{"bogus":1}}""", "invalid config key acl.bogus")]
    [InlineData(
        """{"acl_datacenter":"dc one"}""", "acl_datacenter can only contain lowercase alphanumeric, - or _ characters. received: \"dc one\"")]
    [InlineData(
        """{"acl_datacenter":"dc one","primary_datacenter":"dc1"}""",
        "acl_datacenter can only contain lowercase alphanumeric, - or _ characters. received: \"dc one\"")]
    [InlineData("""{"acl":{"enabled":"yes"}}""", "'acl.enabled' expected type 'bool', got unconvertible type 'string', value: 'yes'")]
    public void A_bad_value_stops_the_start_with_its_text(string file, string expected)
    {
        var read = () => Read(file);
        read.Should().Throw<ConfigurationException>().Which.Message.Should().Contain(expected);
    }

    private static AgentConfiguration Read(params string[] contents) => ConfigTexts.Read(contents);

    // What differs from the defaults.
    private static string Show(AgentConfiguration configuration) => string.Join(' ', new[]
    {
        (configuration.PrimaryDatacenter != "dc1", $"primary={configuration.PrimaryDatacenter}"),
        (configuration.Acl.Enabled, "enabled"),
        (configuration.Acl.ManagementToken.Length > 0, $"management={configuration.Acl.ManagementToken}"),
        (configuration.Tokens.Recovery.Length > 0, $"recovery={configuration.Tokens.Recovery}"),
        (configuration.Tokens.Default.Length > 0, $"default={configuration.Tokens.Default}"),
        (configuration.Wire.DefaultPolicy != "allow", $"policy={configuration.Wire.DefaultPolicy}"),
        (configuration.RemoteTokens.DownPolicy != DownPolicy.ExtendCache, $"down={configuration.RemoteTokens.DownPolicy}"),
        (configuration.Acl.TokenTtl != TimeSpan.FromSeconds(30), $"ttl={configuration.Acl.TokenTtl.TotalSeconds}"),
    }.Where(pair => pair.Item1).Select(pair => pair.Item2));
}
