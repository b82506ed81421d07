using System.Net.Security;
using System.Security.Authentication;
using ConnectAgent.Configuration;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Configuration;

/// <summary>TLS as files of 1.10 and of 1.12 spell it (config-and-cli section 2, http-conventions LIS-4).</summary>
public sealed class TlsSettingsTests
{
    private const string Served = """{"ports":{"https":8501},"cert_file":"c","key_file":"k"}""";

    [Theory]
    [InlineData("""{"verify_incoming":true}""", true)]
    [InlineData("""{"verify_incoming_https":true}""", true)]
    [InlineData("""{"verify_incoming_rpc":true}""", false)]
    [InlineData("""{"tls":{"https":{"verify_incoming":true}}}""", true)]
    [InlineData("""{"tls":{"defaults":{"verify_incoming":true}}}""", true)]
    [InlineData("""{"tls":{"internal_rpc":{"verify_incoming":true}}}""", false)]
    [InlineData("""{"tls":{"defaults":{"verify_incoming":true},"https":{"verify_incoming":false}}}""", false)]
    [InlineData("""{"verify_incoming":true,"tls":{"https":{"verify_incoming":false}}}""", false)]
    [InlineData("""{"verify_incoming":false,"tls":{"defaults":{"verify_incoming":true}}}""", true)]
    [InlineData("""{"verify_incoming_https":true,"tls":{"defaults":{"verify_incoming":false}}}""", true)]
    public void FA_8_Client_certificates_are_asked_for_wherever_a_file_says_it(string json, bool expected) =>
        ConfigTexts.Read(Served, json).Tls.VerifyIncoming.Should().Be(expected);

    [Fact]
    public void FA_8_The_files_of_the_new_form_make_a_listener()
    {
        var configuration = ConfigTexts.Read("""
            {"ports":{"https":8501},"tls":{"defaults":{"ca_file":"ca","ca_path":"dir","cert_file":"c1","key_file":"k1"},"https":{"cert_file":"c2"}}}
            """);
        configuration.HttpsListeners.Should().ContainSingle();
        (configuration.Tls.CertificateFile, configuration.Tls.KeyFile, configuration.Tls.AuthorityFile, configuration.Tls.AuthorityDirectory)
            .Should().Be(("c2", "k1", "ca", "dir"));
        configuration.Warnings.Should().BeEmpty();
    }

    [Fact]
    public void Servers_are_trusted_by_the_shared_CAs_and_not_by_those_of_HTTPS()
    {
        ConfigTexts.Read("""{"ca_file":"old","tls":{"defaults":{"ca_file":"shared"},"https":{"ca_file":"https"}}}""").Servers.AuthorityFile.Should().Be("shared");
        ConfigTexts.Read("""{"ca_file":"old","tls":{"https":{"ca_file":"https"}}}""").Servers.AuthorityFile.Should().Be("old");
    }

    [Theory]
    [InlineData("tls10", SslProtocols.Tls12 | SslProtocols.Tls13)]
    [InlineData("tls12", SslProtocols.Tls12 | SslProtocols.Tls13)]
    [InlineData("tls13", SslProtocols.Tls13)]
    public void FA_8_The_least_version_is_kept(string version, SslProtocols expected) =>
        ConfigTexts.Read(Served, $$"""{"tls_min_version":"{{version}}"}""").Tls.Protocols.Should().Be(expected);

    [Fact]
    public void FA_8_Cipher_suites_are_kept() =>
        ConfigTexts.Read(Served, """{"tls":{"https":{"tls_cipher_suites":"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"}}}""")
            .Tls.CipherSuites.Should().Equal(
                TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384);

    [Theory]
    [InlineData("""{"tls_min_version":"tls9"}""", "tls_min_version: \"tls9\" is none of tls10, tls11, tls12, tls13")]
    [InlineData("""{"tls_cipher_suites":"TLS_NOPE"}""", "tls_cipher_suites: \"TLS_NOPE\" is no cipher suite that is known here")]
    [InlineData("""{"tls_cipher_suites":"49195"}""", "tls_cipher_suites: \"49195\" is no cipher suite that is known here")]
    public void FA_8_A_restriction_that_cannot_be_read_stops_the_start(string json, string expected)
    {
        json.Invoking(text => ConfigTexts.Read(Served, text)).Should().Throw<ConfigurationException>().WithMessage(expected);
        json.Invoking(text => ConfigTexts.Read(text)).Should().NotThrow("HTTPS is not served: the peer takes it, too");
    }
}
