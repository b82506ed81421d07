using Microsoft.AspNetCore.Builder;

namespace ConnectAgent.Client.AspNetCore;

/// <summary>The mesh in the pipeline of requests.</summary>
public static class ConnectApplicationExtensions
{
    /// <summary>
    /// Has the agent asked about each request, with its method, its target as the peer sent it, and its headers: intentions with permissions decide about these. What is denied, and what comes over a connection that
    /// is none of the mesh, is answered 403; where no agent answers, 503. A request that is allowed is that of the peer (<c>HttpContext.User</c>), unless something before has authenticated it. A decision counts for
    /// the request that it was asked for; one that is being answered goes on to its end. An agent of Consul's cannot be asked: everything is 503.
    /// </summary>
    /// <param name="app">Of the application; as early as possible, in front of whatever rewrites paths or headers.</param>
    /// <returns>The same.</returns>
    public static IApplicationBuilder UseConnectAuthorization(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.ServerFeatures.Set(new RequestsAreAuthorized());
        return app.UseMiddleware<ConnectAuthorizationMiddleware>();
    }
}
