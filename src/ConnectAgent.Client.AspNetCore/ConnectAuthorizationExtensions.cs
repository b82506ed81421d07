using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ConnectAgent.Client.AspNetCore;

/// <summary>Peers of the mesh in ASP.NET Core's authentication and authorization.</summary>
public static class ConnectAuthorizationExtensions
{
    /// <summary>Adds the scheme <see cref="ConnectAuthenticationDefaults.Scheme"/>, by which a request is that of its connection's peer.</summary>
    /// <param name="builder">Of <c>AddAuthentication</c>.</param>
    /// <returns>The same.</returns>
    public static AuthenticationBuilder AddConnect(this AuthenticationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddScheme<AuthenticationSchemeOptions, ConnectAuthenticationHandler>(ConnectAuthenticationDefaults.Scheme, configureOptions: null);
    }

    /// <summary>Has a policy ask for a peer that is one of these services, by <see cref="AddConnect"/>. What other schemes claim does not count.</summary>
    /// <param name="builder">Of the policy.</param>
    /// <param name="services">Names of services, with their letter case; at least one.</param>
    /// <returns>The same.</returns>
    public static AuthorizationPolicyBuilder RequireService(this AuthorizationPolicyBuilder builder, params string[] services)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(services);
        if (services.Length == 0)
        {
            throw new ArgumentException("a policy that names no service lets nobody in", nameof(services));
        }

        return builder.AddAuthenticationSchemes(ConnectAuthenticationDefaults.Scheme).RequireAssertion(context => context.User.Identities.Any(
            identity => identity.AuthenticationType == ConnectAuthenticationDefaults.Scheme
                && services.Any(service => identity.HasClaim(ConnectClaimTypes.Service, service))));
    }

    /// <summary>Lets an endpoint be reached by these services only; see <see cref="RequireService(AuthorizationPolicyBuilder, string[])"/>.</summary>
    /// <typeparam name="TBuilder">What was mapped.</typeparam>
    /// <param name="builder">Of the endpoint or the group.</param>
    /// <param name="services">Names of services, with their letter case; at least one.</param>
    /// <returns>The same.</returns>
    public static TBuilder RequireService<TBuilder>(this TBuilder builder, params string[] services)
        where TBuilder : IEndpointConventionBuilder => builder.RequireAuthorization(policy => policy.RequireService(services));

    /// <summary>Who makes a request.</summary>
    /// <param name="context">Of the request.</param>
    /// <returns>The verified peer of its connection; null where the connection is none of the mesh.</returns>
    public static PeerIdentity? GetConnectPeer(this HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<IConnectPeerFeature>()?.Peer;
    }
}
