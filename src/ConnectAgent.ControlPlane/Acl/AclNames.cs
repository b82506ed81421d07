using ConnectAgent.Protocol.Text;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Acl;

/// <summary>A row that callers name.</summary>
internal interface IAclNamed
{
    /// <summary>As first written.</summary>
    string Name { get; }

    ulong CreateIndex { get; }
}

/// <summary>Names of policies, roles and auth methods: one name whatever its case.</summary>
internal static class AclNames
{
    /// <summary>What names are looked up by.</summary>
    public static string KeyOf(string name) => NameKey.Of(name);

    public static bool AreSame(string name, string other) => KeyOf(name) == KeyOf(other);

    /// <summary>
    /// The row of a name. The first revision could hold several that differ in case only: there each keeps its own spelling, because what refers
    /// to it by that must not get another's rights, and any other spelling means the first.
    /// </summary>
    public static T? Find<T>(StateSnapshot state, SecondKey<T> byName, string name)
        where T : class, IAclNamed
    {
        T? first = null;
        foreach (var row in state.FindBySecond(byName, KeyOf(name)))
        {
            if (row.Name == name)
            {
                return row;
            }

            first = first is null || row.CreateIndex < first.CreateIndex ? row : first;
        }

        return first;
    }
}
