using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Http.Wire;

/// <summary>Whether a token has a right, as far as it is known without asking anybody. Who has none is told so by the endpoint.</summary>
internal sealed class HitRights(IServerClient servers)
{
    /// <summary>Looks at the token once, and at each question.</summary>
    public bool Has(string token, params ReadOnlySpan<AclQuestion> questions)
    {
        try
        {
            // What is not known yet is asked for by one for all, so to go away and to ask again at the endpoint costs nothing.
            var resolving = servers.ResolveTokenAsync(token, CancellationToken.None);
            if (!resolving.IsCompletedSuccessfully)
            {
                return false;
            }

            var rights = resolving.Result;
            foreach (var question in questions)
            {
                var asking = rights.AllowsAsync(question, CancellationToken.None);
                if (!asking.IsCompletedSuccessfully || !asking.Result)
                {
                    return false;
                }
            }

            return true;
        }
        catch (ServerException)
        {
            return false;
        }
    }
}
