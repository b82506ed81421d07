using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Http.Wire;

/// <summary>What a token may do, as far as memory knows. Whoever is told no waits for the servers' word, and is refused by that.</summary>
/// <remarks>What is not known yet is asked for by one for all, so asking here first costs nothing.</remarks>
internal static class KnownRights
{
    /// <summary>The rights of a token.</summary>
    /// <returns>False when the servers have to be asked, or refuse it.</returns>
    public static bool TryResolve(this IServerClient servers, string token, out TokenRights rights)
    {
        rights = TokenRights.Nothing;
        try
        {
            // Without the request's own token of cancellation, which would have to be made.
            var resolving = servers.ResolveTokenAsync(token, CancellationToken.None);
            if (resolving.IsCompletedSuccessfully)
            {
                rights = resolving.Result;
                return true;
            }
        }
        catch (ServerException)
        {
            // It comes again to whoever waits.
        }

        return false;
    }

    /// <summary>Waits for the rights of a token, and requires one.</summary>
    /// <exception cref="ServerException">The token is unknown, or lacks it.</exception>
    public static async ValueTask RequireAsync(this IServerClient servers, string token, AccessRequest right, CancellationToken cancellationToken)
    {
        var rights = await servers.ResolveTokenAsync(token, cancellationToken);
        await rights.RequireAsync(right, cancellationToken);
    }

    /// <summary>Whether a right is known to be there.</summary>
    public static bool AreKnownTo(this TokenRights rights, AccessRequest right)
    {
        var asking = rights.AllowsAsync(right, CancellationToken.None);
        return asking.IsCompletedSuccessfully && asking.Result;
    }
}
