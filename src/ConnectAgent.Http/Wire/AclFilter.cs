using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Http.Wire;

/// <summary>What a caller may not see is left out (acl section 7.4); the one way to do it.</summary>
internal static class AclFilter
{
    /// <summary>
    /// Keeps what may be read, and says by a header that something is missing. Who gave no token is not told: it would tell him that there is
    /// something (ACL-FILT-2). Comes before <c>?filter=</c> (ACL-FILT-1).
    /// </summary>
    public static IReadOnlyList<T> Visible<T>(this WireRequest request, IReadOnlyCollection<T> all, Func<T, bool> mayRead)
    {
        List<T> visible = [.. all.Where(mayRead)];
        if (visible.Count < all.Count)
        {
            request.TellFiltered();
        }

        return visible;
    }

    /// <summary>The same for rights that a remote back end decides; each is asked for once.</summary>
    /// <exception cref="Protocol.Errors.ServerException">As of the resolution of the token.</exception>
    public static async ValueTask<IReadOnlyList<T>> VisibleAsync<T>(
        this WireRequest request, IReadOnlyCollection<T> all, TokenRights rights, Func<T, AccessRequest> rightTo)
    {
        List<AccessRequest> asked = [.. all.Select(rightTo).Distinct()];
        var allowed = await rights.AllowsEachAsync(asked, request.Aborted);
        var readable = asked.Zip(allowed).Where(static pair => pair.Second).Select(static pair => pair.First).ToHashSet();
        return request.Visible(all, one => readable.Contains(rightTo(one)));
    }

    /// <summary>Says that something is missing, to who gave a token.</summary>
    public static void TellFiltered(this WireRequest request)
    {
        if (request.HasToken)
        {
            request.Context.Response.Headers["X-Consul-Results-Filtered-By-Acls"] = "true";
        }
    }
}
