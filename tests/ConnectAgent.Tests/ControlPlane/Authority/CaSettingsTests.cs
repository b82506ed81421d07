using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Protocol.Text;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Authority;

/// <summary>ca CA-24, CA-25, CA-30, CA-31.</summary>
public sealed class CaSettingsTests
{
    private const string Decoding = "error decoding config: 1 error(s) decoding:\n\n* ";

    [Theory] // CA-31: exact texts, and which of several wins
    [InlineData("""{"LeafCertTTL":"soon"}""", Decoding + "error decoding 'LeafCertTTL': time: invalid duration \"soon\"")]
    [InlineData("""{"PrivateKeyBits":"many"}""", Decoding + "cannot parse 'PrivateKeyBits' as int: strconv.ParseInt: parsing \"many\": invalid syntax")]
    [InlineData("""{"CSRMaxPerSecond":"fast"}""", Decoding + "cannot parse 'CSRMaxPerSecond' as float: strconv.ParseFloat: parsing \"fast\": invalid syntax")]
    [InlineData("""{"SkipValidate":"maybe"}""", Decoding + "cannot parse 'SkipValidate' as bool: strconv.ParseBool: parsing \"maybe\": invalid syntax")]
    [InlineData("""{"LeafCertTTL":{"a":1}}""", Decoding + "'LeafCertTTL' expected type 'time.Duration', got unconvertible type 'map[string]interface {}'")]
    [InlineData("""{"RootCert":"x","LeafCertTTL":"1m"}""", "must provide a private key when providing a root cert")]
    [InlineData("""{"RootCert":"x","SkipValidate":true}""", "must provide a private key when providing a root cert")]
    [InlineData(
        """{"RootCertTTL":"100h","LeafCertTTL":"1m"}""",
        "root cert TTL is set and is not greater than intermediate cert ttl. root cert ttl: 100h0m0s, intermediate cert ttl: 8760h0m0s")]
    [InlineData("""{"LeafCertTTL":"59m"}""", "leaf cert TTL must be greater or equal than 1h0m0s")]
    [InlineData("""{"LeafCertTTL":3600}""", "leaf cert TTL must be greater or equal than 1h0m0s")]
    [InlineData("""{"LeafCertTTL":"8761h","IntermediateCertTTL":"2h"}""", "leaf cert TTL must be less than 8760h0m0s")]
    [InlineData("""{"LeafCertTTL":"1h","IntermediateCertTTL":"2h59m"}""", "Intermediate Cert TTL must be greater or equal than 3h")]
    [InlineData("""{"IntermediateCertTTL":"100h"}""", "Intermediate Cert TTL must be greater or equal than 3 * LeafCertTTL (>=216h0m0s).")]
    [InlineData("""{"PrivateKeyBits":257}""", "EC key length must be one of (224, 256, 384, 521) bits")]
    [InlineData("""{"PrivateKeyType":"rsa"}""", "RSA key length must be 2048 or 4096 bits")]
    [InlineData("""{"PrivateKeyType":"rsa","PrivateKeyBits":1024}""", "RSA key length must be 2048 or 4096 bits")]
    [InlineData("""{"PrivateKeyType":"RSA","PrivateKeyBits":2048}""", "private key type must be either 'ec' or 'rsa'")]
    [InlineData("""{"PrivateKeyType":"dsa","PrivateKeyBits":1}""", "private key type must be either 'ec' or 'rsa'")]
    public void What_is_wrong_is_said_in_the_references_words(string map, string text)
    {
        var decode = () => CaSettingsDecoder.Decode(map);
        decode.Should().Throw<ProviderException>().WithMessage(text).Which.Fault.Should().Be(ProviderFault.BadConfiguration);
    }

    [Fact]
    public void Several_decoding_errors_are_listed_together_and_sorted()
    {
        var decode = () => CaSettingsDecoder.Decode("""{"PrivateKeyBits":"b","CSRMaxPerSecond":"a"}""");
        decode.Should().Throw<ProviderException>().WithMessage(
            "error decoding config: 2 error(s) decoding:\n\n"
            + "* cannot parse 'CSRMaxPerSecond' as float: strconv.ParseFloat: parsing \"a\": invalid syntax\n"
            + "* cannot parse 'PrivateKeyBits' as int: strconv.ParseInt: parsing \"b\": invalid syntax");
    }

    [Fact] // CA-25, CA-24, CA-73
    public void Values_are_weakly_typed_and_names_match_without_case()
    {
        var settings = CaSettingsDecoder.Decode(
            """{"leafcertttl":"3h","leaf_cert_ttl":"9h","PrivateKeyBits":"384","SkipValidate":1,"CSRMaxConcurrent":2.0,"IntermediateCertTTL":36000000000000,"Anything":[1]}""");
        settings.LeafCertTtl.Should().Be(TimeSpan.FromHours(3));
        settings.PrivateKeyBits.Should().Be(384);
        settings.SkipValidate.Should().BeTrue();
        settings.CsrMaxConcurrent.Should().Be(2);
        settings.CsrMaxPerSecond.Should().Be(50, "an absent key has its default");
        settings.IntermediateCertTtl.Should().Be(TimeSpan.FromHours(10));
    }

    [Fact] // clients GOREQ-40
    public void What_the_official_client_sends_is_understood()
    {
        var settings = CaSettingsDecoder.Decode("""{"IntermediateCertTTL":31536000000000000,"PrivateKey":"","test_state":{"foo":"bar"}}""");
        settings.IntermediateCertTtl.Should().Be(TimeSpan.FromHours(8760));
        settings.IsGenerated.Should().BeTrue();
        settings.TestState.Should().Contain("foo", "bar");
    }

    [Fact] // LEAF section 9, test 4
    public void SkipValidate_allows_short_leaves() =>
        CaSettingsDecoder.Decode("""{"LeafCertTTL":"5m","SkipValidate":true}""").LeafCertTtl.Should().Be(TimeSpan.FromMinutes(5));

    [Fact]
    public void A_text_form_shows_no_key() =>
        CaSettingsDecoder.Decode("""{"PrivateKey":"secret"}""").ToString().Should().NotContain("secret");

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(1.5, "1.5s")]
    [InlineData(60, "1m0s")]
    [InlineData(3600, "1h0m0s")]
    [InlineData(259200, "72h0m0s")]
    [InlineData(0.25, "250ms")]
    [InlineData(-61, "-1m1s")]
    public void Durations_print_as_the_reference_prints_them(double seconds, string text) =>
        GoDuration.Format(TimeSpan.FromSeconds(seconds)).Should().Be(text);

    [Fact]
    public void What_is_printed_is_read_back_the_same() => Prop.ForAll(
        Arb.From(Gen.Choose(-2_000_000_000, 2_000_000_000)),
        milliseconds => GoDuration.TryParse(GoDuration.Format(TimeSpan.FromMilliseconds(milliseconds)), out var read, out _)
            && read == TimeSpan.FromMilliseconds(milliseconds)).QuickCheckThrowOnFailure();

    [Fact] // CA-35
    public void Secrets_are_hidden_at_any_depth_and_revealed_from_what_is_stored()
    {
        const string Stored =
            """{"AuthMethod":{"Params":{"secret_id":"s","role":"r"}},"LeafCertTTL":"72h","PrivateKey":"KEY","Token":"t","private_key":"k2"}""";
        var hidden = CaConfigMap.Hide(Stored);
        hidden.Should().Be(
            """{"AuthMethod":{"Params":{"secret_id":"hidden","role":"r"}},"LeafCertTTL":"72h","PrivateKey":"hidden","Token":"hidden","private_key":"hidden"}""");
        CaConfigMap.Reveal(hidden, Stored).Should().Be(Stored, "read, modify, write keeps them");
        CaConfigMap.Reveal("""{"privatekey":"hidden"}""", Stored).Should().Contain("KEY", "names match without case");
        CaConfigMap.Reveal("""{"PrivateKey":"hidden"}""", "{}").Should().Contain("hidden", "nothing is stored");
        CaConfigMap.Hide("""{"PrivateKey":""}""").Should().Be("""{"PrivateKey":""}""", "there is nothing to hide");
    }

    [Theory] // CA-26
    [InlineData("""{"a":1,"b":{"c":[1,2]}}""", """{"b":{"c":[1,2]},"a":1.0}""", true)]
    [InlineData("""{"a":1}""", """{"a":"1"}""", false)]
    [InlineData("""{"a":[1,2]}""", """{"a":[2,1]}""", false)]
    [InlineData("""{}""", """{"a":null}""", false)]
    public void Maps_compare_deeply(string left, string right, bool equal) => CaConfigMap.AreEqual(left, right).Should().Be(equal);
}
