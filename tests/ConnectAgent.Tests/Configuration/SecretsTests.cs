using ConnectAgent.Configuration;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Configuration;

/// <summary>What <c>config show</c> and errors of files show of a value: what a key, an option or a header is called says whether it is secret.</summary>
public sealed class SecretsTests
{
    private const string Planted = "s3cr3t";

    [Theory]
    [InlineData("watches", """[{"args":["curl","-H","Authorization: Bearer s3cr3t"]}]""")]
    [InlineData("watches", """[{"args":["curl","-H","X-Consul-Token: s3cr3t"]}]""")]
    [InlineData("watches", """[{"args":["tool","--token","s3cr3t"]}]""")]
    [InlineData("watches", """[{"args":["curl","-d","{\"token\":\"s3cr3t\"}"]}]""")]
    [InlineData("watches", """[{"args":["curl https://u:s3cr3t@h/x"]}]""")]
    [InlineData("watches", """[{"http_handler_config":{"header":{"X-Auth-Key":["s3cr3t"]}}}]""")]
    [InlineData("watches", """[{"handler":"curl -H 'Cookie: a=s3cr3t; b=1'"}]""")]
    [InlineData("service.check.header", """{"X-Any":["s3cr3t"]}""")]
    [InlineData("acl.tokens.default", "\"s3cr3t\"")]
    [InlineData("ENCRYPT", "\"s3cr3t\"")] // LOAD-5: keys are read in any case
    [InlineData("http_config.response_headers[Set-Cookie]", """["s3cr3t"]""")]
    [InlineData("watches", """[{"args":["notify","Bearer s3cr3t"]}]""")]
    [InlineData("watches", """[{"handler":"curl --user web:s3cr3t http://h/"}]""")]
    public void Secrets_are_hidden(string path, string json)
    {
        Secrets.Show(path, json).Should().NotContain(Planted).And.Contain(Secrets.Hidden);
        Secrets.ShowText(path, json).Should().NotContain("Bearer " + Planted);
    }

    [Theory]
    [InlineData("watches", """[{"args":["notify","--verbose","web"],"type":"services"}]""")]
    [InlineData("ports.http", "8500")]
    [InlineData("node_name", "\"n1\"")]
    public void What_is_none_is_shown(string path, string json) => Secrets.Show(path, json).Should().Be(json);
}
