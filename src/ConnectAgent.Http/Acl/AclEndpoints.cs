using System.Globalization;
using ConnectAgent.Agent.Servers.Tokens;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Acl.Rules;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Hcl;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;
using Microsoft.AspNetCore.Http.Features;

namespace ConnectAgent.Http.Acl;

/// <summary>Bootstrap, the check of one's own rights, replication (acl sections 5.1, 5.7, 5.8).</summary>
internal sealed class AclEndpoints(
    AclTokenStore store, TokenResolver resolver, StateStore state, AclAccessGuard guard, BootstrapReset reset) : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        routes.MapWire("/v1/acl/bootstrap", (HttpMethods.Put, Permission.None, BootstrapAsync));
        routes.MapWire("/v1/acl/replication", (HttpMethods.Get, Permission.None, GetReplicationAsync));
        routes.MapWire("/v1/internal/acl/authorize", (HttpMethods.Post, Permission.AnyToken, AuthorizeAsync));
        routes.MapWire("/v1/acl/rules/translate", (HttpMethods.Post, Permission.AclRead, TranslateAsync));
        routes.MapWire("/v1/acl/rules/translate/", (HttpMethods.Get, Permission.AclRead, TranslateTokenAsync));

        // ACL-MISC-3: gone, because one of them reads a token by its secret in the path.
        routes.MapWire("/v1/acl/create", (HttpMethods.Put, Permission.None, GoneAsync));
        routes.MapWire("/v1/acl/update", (HttpMethods.Put, Permission.None, GoneAsync));
        routes.MapWire("/v1/acl/list", (HttpMethods.Get, Permission.None, GoneAsync));
        routes.MapWire("/v1/acl/info/", (HttpMethods.Get, Permission.None, GoneAsync));
        routes.MapWire("/v1/acl/destroy/", (HttpMethods.Put, Permission.None, GoneAsync));
        routes.MapWire("/v1/acl/clone/", (HttpMethods.Put, Permission.None, GoneAsync));
    }

    private static AclAccess AccessOf(AclRequestText requested, AclResource resource) => requested.Access.ToUpperInvariant() switch
    {
        "READ" => AclAccess.Read,
        "WRITE" => AclAccess.Write,
        "LIST" when resource == AclResource.Key => AclAccess.List,
        "WRITE-PREFIX" when resource == AclResource.Key => AclAccess.WritePrefix,
        _ => throw WireException.BadRequest($"Invalid access level for {requested.Resource} resource: {requested.Access}"),
    };

    // Resource words count with case (ACL-AUZ-3).
    private static AclResource ResourceOf(AclRequestText requested) =>
        requested.Resource.All(char.IsAsciiLetterLower) && Enum.TryParse<AclResource>(requested.Resource, ignoreCase: true, out var resource)
            ? resource
            : throw WireException.BadRequest($"Invalid ACL resource requested: {GoQuote.Of(requested.Resource)}");

    private Task GoneAsync(WireRequest request)
    {
        guard.RequireEnabled();
        return WireReply.EmptyAsync(request.Context, StatusCodes.Status404NotFound);
    }

    private async Task BootstrapAsync(WireRequest request)
    {
        guard.RequireEnabled();
        var secret = request.Context.Features.GetRequiredFeature<IHttpRequestBodyDetectionFeature>().CanHaveBody
            ? await RequestBody.ReadAsync(request, AclBodies.BootstrapSecret)
            : string.Empty;
        var token = await store.BootstrapAsync(secret, reset.Read(), reset.Drop);
        await WireReply.JsonAsync(
            request, AclTokenReply.Of(state.Current, token) with { Id = token.SecretId }, AclJson.Default.AclTokenReply);
    }

    private async Task GetReplicationAsync(WireRequest request)
    {
        guard.RequireEnabled();
        await WireReply.JsonAsync(request, AclReplicationReply.None, AclJson.Default.AclReplicationReply);
    }

    // ACL-MISC-2.
    private async Task TranslateAsync(WireRequest request)
    {
        guard.RequireEnabled();
        resolver.Resolve(request.Token()).Require(AccessRequest.AclRead);
        var rules = await RequestBody.ReadTextAsync(request);
        try
        {
            await WireReply.TextAsync(request.Context, StatusCodes.Status200OK, RulesTranslation.Translate(rules));
        }
        catch (HclException error)
        {
            throw WireException.BadRequest("Failed to parse rules: " + error.Message, error.Limit);
        }
    }

    // No token has rules of its own any more.
    private Task TranslateTokenAsync(WireRequest request)
    {
        guard.RequireEnabled();
        if (request.Tail.Length == 0)
        {
            throw WireException.BadRequest("Missing token ID");
        }

        resolver.Resolve(request.Token()).Require(AccessRequest.AclRead);
        AclAccessGuard.Read(request, state.Current.IndexOf(AclTables.Tokens));
        _ = store.Find(state.Current, request.Tail) ?? throw new ServerException(FailureKind.UnknownToken, "ACL not found");
        throw WireException.Failed("The specified token does not have any rules set");
    }

    private async Task AuthorizeAsync(WireRequest request)
    {
        guard.RequireEnabled();
        var requests = await RequestBody.ReadAsync(
            request, AclBodies.Authorizations, error => WireException.BadRequest("Failed to decode request body: " + error));
        if (requests.Count > ITokenAuthority.MostAuthorizations)
        {
            throw WireException.BadRequest($"Refusing to process more than {ITokenAuthority.MostAuthorizations} authorizations at once", ITokenAuthority.AuthorizationsLimit);
        }

        var rights = resolver.Resolve(request.Token());
        IReadOnlyList<AclAnswer> answers = [.. requests.Select(requested =>
        {
            var resource = ResourceOf(requested);
            var access = AccessOf(requested, resource);
            return new AclAnswer(
                requested.Resource,
                requested.Segment.Length > 0 ? requested.Segment : null,
                requested.Access,
                rights.Allows(resource, requested.Segment, access));
        })];
        await WireReply.JsonAsync(request, answers, AclJson.Default.IReadOnlyListAclAnswer);
    }
}
