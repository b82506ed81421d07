namespace ConnectAgent.Protocol.Text;

/// <summary>Names that are found without regard to ASCII letter case: of config entries, ACL policies, roles and auth methods.</summary>
public static class NameKey
{
    /// <summary>The key that names are looked up by: ASCII letters without case (intentions IXN-5, CE-24).</summary>
    public static string Of(string name) => !name.AsSpan().ContainsAnyInRange('A', 'Z') ? name : string.Create(name.Length, name, static (key, text) =>
    {
        for (var i = 0; i < key.Length; i++)
        {
            key[i] = char.IsAsciiLetterUpper(text[i]) ? (char)(text[i] | 0x20) : text[i];
        }
    });
}
