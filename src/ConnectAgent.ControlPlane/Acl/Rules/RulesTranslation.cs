using System.Collections.Frozen;
using System.Text;
using ConnectAgent.Protocol.Hcl;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.Acl.Rules;

/// <summary>Rewrites the old rules, which matched by prefix, into today's kinds (acl ACL-MISC-2).</summary>
internal static class RulesTranslation
{
    private static readonly FrozenSet<string> PrefixKinds = FrozenSet.Create(
        StringComparer.Ordinal, "agent", "key", "node", "query", "service", "session", "event");

    /// <summary>Translates and formats a rule text.</summary>
    /// <exception cref="HclException">It cannot be read.</exception>
    public static string Translate(string rules)
    {
        var items = HclParser.Parse(rules).Items.SelectMany(Flatten).Select(Renamed).ToList();
        var text = new StringBuilder();
        for (var i = 0; i < items.Count; i++)
        {
            // A blank line goes before and after each block; assignments stand together.
            text.Append(i == 0 ? string.Empty : items[i].Value is HclObject || items[i - 1].Value is HclObject ? "\n\n" : "\n");
            Write(text, items[i], indent: string.Empty);
        }

        return text.ToString();
    }

    // JSON has the names one level deeper.
    private static IEnumerable<HclItem> Flatten(HclItem item) =>
        item is { Keys.Count: 1, Value: HclObject { At: var at } inner } && at == HclPosition.Unknown
            ? inner.Items.Select(named => named with { Keys = [item.Keys[0], .. named.Keys] })
            : [item];

    private static HclItem Renamed(HclItem item) =>
        item.Value is HclObject && PrefixKinds.Contains(item.Keys[0]) ? item with { Keys = [item.Keys[0] + "_prefix", .. item.Keys.Skip(1)] } : item;

    private static void Write(StringBuilder text, HclItem item, string indent)
    {
        text.Append(indent).Append(item.Keys[0]);
        foreach (var key in item.Keys.Skip(1))
        {
            text.Append(' ').Append(GoQuote.Of(key));
        }

        if (item.Value is HclObject body)
        {
            text.Append(" {\n");
            foreach (var inner in body.Items)
            {
                Write(text, inner, indent + "  ");
                text.Append('\n');
            }

            text.Append(indent).Append('}');
            return;
        }

        text.Append(" = ").Append(TextOf(item.Value));
    }

    private static string TextOf(HclNode value) => value switch
    {
        HclText text => GoQuote.Of(text.Text),
        HclBoolean boolean => boolean.Value ? "true" : "false",
        HclList list => "[" + string.Join(", ", list.Items.Select(TextOf)) + "]",
        _ => "{}",
    };
}
