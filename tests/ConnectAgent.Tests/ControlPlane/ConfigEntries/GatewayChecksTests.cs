using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Tests.ControlPlane.Intentions;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.ConfigEntries;

/// <summary>FA-22, services CFG-14: the check of what fits together covers gateways, too; refused with 500, and nothing is changed.</summary>
public sealed class GatewayChecksTests : IDisposable
{
    private const string Gateway =
        """{"Kind":"ingress-gateway","Name":"gw","Listeners":[{"Port":80,"Protocol":"http","Services":[{"Name":"web"},{"Name":"*"}]},{"Port":81,"Services":{"Name":"db"}}]}""";

    private readonly IntentionFixture _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task FA_22_Listeners_and_services_speak_alike()
    {
        await RefusedAsync(() => _store.PutAsync(Gateway), "service \"web\" has protocol \"tcp\", which does not match defined listener protocol \"http\"");
        await _store.PutAsync("""{"Kind":"service-defaults","Name":"WEB","Protocol":"http"}""");
        await _store.PutAsync(Gateway);

        // No other write takes the protocol away.
        await RefusedAsync(
            () => _store.PutAsync("""{"Kind":"service-defaults","Name":"web","Protocol":"grpc"}"""),
            "service \"web\" has protocol \"grpc\", which does not match defined listener protocol \"http\"");
        await RefusedAsync(
            () => _store.Entries.DeleteAsync(ConfigEntryKinds.Named("service-defaults"), "web", null),
            "service \"web\" has protocol \"tcp\", which does not match defined listener protocol \"http\"");
        await RefusedAsync(
            () => _store.PutAsync("""{"Kind":"proxy-defaults","Config":{"protocol":"http"}}"""),
            "service \"db\" has protocol \"http\", which does not match defined listener protocol \"tcp\"");

        // Other services are free, and so are these when the gateway is gone.
        await _store.PutAsync("""{"Kind":"service-defaults","Name":"api","Protocol":"grpc"}""");
        await _store.Entries.DeleteAsync(ConfigEntryKinds.Named("ingress-gateway"), "gw", null);
        await _store.PutAsync("""{"Kind":"service-defaults","Name":"web","Protocol":"grpc"}""");
    }

    [Fact]
    public async Task FA_22_A_gateway_is_of_one_kind()
    {
        await _store.PutAsync("""{"Kind":"terminating-gateway","Name":"GW"}""");
        await RefusedAsync(
            () => _store.PutAsync("""{"Kind":"ingress-gateway","Name":"gw"}"""),
            "cannot create a \"ingress-gateway\" config entry with name \"gw\", a \"terminating-gateway\" config entry with that name already exists");
        await _store.Entries.DeleteAsync(ConfigEntryKinds.Named("terminating-gateway"), "gw", null);
        await _store.PutAsync("""{"Kind":"ingress-gateway","Name":"gw"}""");
        await RefusedAsync(
            () => _store.PutAsync("""{"Kind":"terminating-gateway","Name":"gw"}"""),
            "cannot create a \"terminating-gateway\" config entry with name \"gw\", a \"ingress-gateway\" config entry with that name already exists");
    }

    private async Task RefusedAsync(Func<Task<bool>> write, string text)
    {
        var before = _store.State.Current;
        (await write.Should().ThrowAsync<ServerException>()).WithMessage(text).Which.Kind.Should().Be(FailureKind.Mistake);
        _store.State.Current.Should().BeSameAs(before);
    }
}
