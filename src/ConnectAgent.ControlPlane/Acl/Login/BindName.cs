using System.Text;

namespace ConnectAgent.ControlPlane.Acl.Login;

/// <summary>The name that a rule binds to: text with <c>${variable}</c> in it (acl ACL-BR-2); <c>$${</c> stands for <c>${</c>.</summary>
internal static class BindName
{
    private const string Opening = "${";

    /// <summary>Puts the variables in.</summary>
    /// <param name="template">The rule's text.</param>
    /// <param name="variable">A variable's value; null where there is no such variable.</param>
    /// <exception cref="BindNameException">A broken or unknown variable, with its line and column.</exception>
    public static string Compute(string template, Func<string, string?> variable)
    {
        var name = new StringBuilder();
        for (var at = 0; at < template.Length;)
        {
            var rest = template.AsSpan(at);
            if (rest.StartsWith("$" + Opening, StringComparison.Ordinal))
            {
                name.Append(Opening);
                at += Opening.Length + 1;
            }
            else if (rest.StartsWith(Opening, StringComparison.Ordinal))
            {
                var start = SkipSpace(template, at + Opening.Length);
                var end = start;
                while (end < template.Length && IsOfName(template[end], isFirst: end == start))
                {
                    end++;
                }

                var close = SkipSpace(template, end);
                if (end == start || close == template.Length || template[close] != '}')
                {
                    throw Error(template, end == start ? start : close, "expected the name of one variable and \"}\"");
                }

                var known = template[start..end];
                name.Append(variable(known) ?? throw Error(template, start, "unknown variable accessed: " + known));
                at = close + 1;
            }
            else
            {
                name.Append(rest[0]);
                at++;
            }
        }

        return name.ToString();
    }

    /// <summary>Whether something of this type can have this name.</summary>
    public static bool IsValid(string bindType, string name) => bindType == "role" ? AclRoleStore.IsName(name) : AclLinks.IsIdentityName(name);

    private static bool IsOfName(char c, bool isFirst) => char.IsAsciiLetter(c) || c == '_' || (!isFirst && (char.IsAsciiDigit(c) || c is '.' or '-'));

    private static int SkipSpace(string text, int at)
    {
        while (at < text.Length && text[at] is ' ' or '\t' or '\r' or '\n')
        {
            at++;
        }

        return at;
    }

    // Lines and columns count from 1.
    private static BindNameException Error(string template, int at, string problem)
    {
        var before = template.AsSpan(0, at);
        return new BindNameException($"{before.Count('\n') + 1}:{at - before.LastIndexOf('\n')}: {problem}");
    }
}

/// <summary>A bind name that cannot be computed; the message is what follows <c>invalid BindName: </c> (ACL-BR-3).</summary>
internal sealed class BindNameException(string message) : Exception(message);
