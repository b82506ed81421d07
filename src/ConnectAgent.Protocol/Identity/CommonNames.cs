using System.Text;

namespace ConnectAgent.Protocol.Identity;

/// <summary>Subject common names (certificates section 3). Never used as an identity: two services may share one.</summary>
public static class CommonNames
{
    private const int LabelBudget = 43;
    private const int Floor = 15;

    /// <summary>The common name of a service's leaf: <c>service.svc.namespace.trust domain</c>, shortened (certificates CERT-33).</summary>
    public static string ForService(string service, string @namespace, string trustDomain)
    {
        var name = Sanitize(service);
        var ns = @namespace;
        var over = name.Length + ns.Length - LabelBudget;
        if (over > 0)
        {
            (name, ns) = Shorten(name, ns, over);
        }

        return $"{name}.svc.{ns}.{Short(trustDomain)}.consul";
    }

    /// <summary>The common name of a CA: role, unique label, provider and cluster, shortened (certificates CERT-35).</summary>
    /// <param name="isPrimary">Whether this datacenter is the federation's primary.</param>
    /// <param name="uid">CERT-36: see <see cref="UniqueLabel"/>.</param>
    /// <param name="provider"><c>consul</c>, <c>vault</c> or <c>aws</c>.</param>
    /// <param name="clusterId">The raw cluster ID, case kept (CERT-31).</param>
    public static string ForAuthority(bool isPrimary, string uid, string provider, string clusterId)
    {
        var name = Sanitize(provider);
        return $"{(isPrimary ? "pri" : "sec")}-{uid}.{name[..Math.Min(32, name.Length)]}.ca.{Short(clusterId)}.consul";
    }

    /// <summary>CERT-36: 64 random bits in base 36, at most 8 characters, so that each CA key has its own subject.</summary>
    public static string UniqueLabel(long random)
    {
        const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";
        var rest = random == long.MinValue ? (ulong)long.MaxValue + 1 : (ulong)Math.Abs(random);
        var text = new StringBuilder();
        do
        {
            text.Insert(0, Digits[(int)(rest % 36)]);
            rest /= 36;
        }
        while (rest > 0);

        // The sign counts as one of the eight characters before it is dropped.
        return text.ToString(0, Math.Min(random < 0 ? 7 : 8, text.Length));
    }

    /// <summary>Lower case, and only ASCII letters and digits of it (certificates CERT-32).</summary>
    public static string Sanitize(string text) =>
        string.Concat(text.ToLowerInvariant().Where(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)));

    private static string Short(string host) => host[..Math.Min(8, host.Length)];

    private static (string Name, string Namespace) Shorten(string name, string ns, int over)
    {
        if (name.Length <= Floor)
        {
            return (name, ns[..(ns.Length - over)]);
        }

        if (ns.Length <= Floor)
        {
            return (name[..(LabelBudget - ns.Length)], ns);
        }

        var nameLength = name.Length - ((over + 1) / 2);
        var nsLength = ns.Length - (over / 2);
        if (nameLength <= Floor)
        {
            (nameLength, nsLength) = (Floor, LabelBudget - Floor);
        }
        else if (nsLength <= Floor)
        {
            (nameLength, nsLength) = (LabelBudget - Floor, Floor);
        }

        return (name[..nameLength], ns[..nsLength]);
    }
}
