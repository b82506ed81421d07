using System.Text;
using ConnectAgent.Http.Acl;
using ConnectAgent.Http.Login;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Protocol.Text;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace ConnectAgent.Tests.Http.Acl;

/// <summary>The bodies of the ACL endpoints (acl ACL-API-1): a value, or an error in the reference's words; never anything else.</summary>
public sealed class AclBodiesTests
{
    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ":", ",", "\"AccessorID\"", "\"SecretID\"", "\"Policies\"", "\"Roles\"", "\"ServiceIdentities\"", "\"NodeIdentities\"",
        "\"Datacenters\"", "\"ServiceName\"", "\"NodeName\"", "\"ID\"", "\"Name\"", "\"Rules\"", "\"ExpirationTTL\"", "\"ExpirationTime\"", "\"Local\"",
        "\"Namespace\"", "\"Resource\"", "\"Access\"", "\"Segment\"", "\"web\"", "\"1h\"", "\"2090-01-01T00:00:00Z\"", "null", "true", "1", "-1e400",
        "\"\\ud800\"", "\"", "\\", " ", "\u00e9", "\"AuthMethod\"", "\"BearerToken\"", "\"Meta\"", "\"Config\"", "\"MaxTokenTTL\"",
    ];

    private static readonly string[] Fields =
    [
        "AccessorID", "SecretID", "Description", "Policies", "Roles", "ServiceIdentities", "NodeIdentities", "Local", "ExpirationTTL", "ExpirationTime",
        "Hash", "Name", "Rules", "Datacenters", "Nope", "AuthMethod", "BearerToken", "Meta", "Config", "MaxTokenTTL", "Type", "Selector", "BindName",
    ];

    private static readonly string[] Values =
    [
        "null", "true", "3", "\"x\"", "[]", "{}", "[null]", "[{}]", "[\"x\"]", "[{\"ID\":\"x\"},{\"Name\":3}]", "[{\"ServiceName\":\"w\",\"Datacenters\":[1]}]",
        "99999999999999999999", "\"9999999h\"", "\"0001-01-01T00:00:00Z\"", "[[[]]]", "{\"a\":{\"b\":[1,{}]}}",
    ];

    [Fact]
    public void Any_text_is_a_body_or_a_clear_error() => Prop.ForAll(
        Gen.Elements(Pieces).ListOf().Select(pieces => string.Concat(pieces)).ToArbitrary(),
        IsHandled).Check(Config.QuickThrowOnFailure.WithMaxTest(Soak.Of(10_000, 50_000)).WithEndSize(40));

    [Fact] // what is JSON and nearly right gets further into the readers
    public void Any_fields_are_a_body_or_a_clear_error()
    {
        var field = from name in Gen.Elements(Fields)
                    from value in Gen.Elements(Values)
                    select $"\"{name}\":{value}";
        Prop.ForAll(field.ListOf().Select(fields => "{" + string.Join(',', fields) + "}").ToArbitrary(), IsHandled)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Soak.Of(10_000, 50_000)).WithEndSize(20));
    }

    [Fact] // ACL-TOK-17: text with a unit, or nanoseconds
    public void A_life_is_a_text_or_a_number_of_nanoseconds()
    {
        Decode("""{"ExpirationTTL":"1h"}""", AclBodies.Token).ExpirationTtl.Should().Be((ExactDuration)TimeSpan.FromHours(1));
        Decode("""{"ExpirationTTL":3600000000000}""", AclBodies.Token).ExpirationTtl.Should().Be((ExactDuration)TimeSpan.FromHours(1));
        var bad = () => Decode("""{"ExpirationTTL":"bogus"}""", AclBodies.Token);
        bad.Should().Throw<GoJsonException>().WithMessage("time: invalid duration \"bogus\"");
    }

    private static bool IsHandled(string text) => IsHandled(text, AclBodies.Token) && IsHandled(text, AclBodies.Policy)
        && IsHandled(text, AclLoginBodies.AuthMethod) && IsHandled(text, AclLoginBodies.BindingRule) && IsHandled(text, AclLoginBodies.Login)
        && IsHandled(text, AclBodies.Role) && IsHandled(text, AclBodies.Authorizations) && IsHandled(text, AclBodies.AgentToken);

    private static bool IsHandled<T>(string text, SchemaType<T> decoder)
    {
        try
        {
            return Decode(text, decoder) is not null;
        }
        catch (GoJsonException error)
        {
            return error.Message.Length is > 0 and < 1000;
        }
    }

    private static T Decode<T>(string text, SchemaType<T> decoder) => RequestBody.DecodeBytes(Encoding.UTF8.GetBytes(text), decoder);
}
