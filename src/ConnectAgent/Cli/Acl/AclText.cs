using System.CommandLine;
using System.Text;
using System.Text.Json;
using ConnectAgent.Cli.Framework;

namespace ConnectAgent.Cli.Acl;

/// <summary>How objects of ACLs are printed.</summary>
internal static class AclText
{
    private const string Indent = "   ";

    private static readonly JsonShape TokenShape = new(
        "CreateIndex", "ModifyIndex", "AccessorID", "SecretID", "Description", "Policies?", "Roles?", "ServiceIdentities?", "NodeIdentities?", "Local", "AuthMethod?",
        "ExpirationTTL?", "ExpirationTime?", "CreateTime?", "Hash?", "Rules?");

    private static readonly JsonShape TokenListShape = new(
        "CreateIndex", "ModifyIndex", "AccessorID", "SecretID", "Description", "Policies?", "Roles?", "ServiceIdentities?", "NodeIdentities?", "Local", "AuthMethod?",
        "ExpirationTime?", "CreateTime", "Hash", "Legacy~");

    private static readonly JsonShape PolicyShape = new("ID", "Name", "Description", "Rules", "Datacenters!", "Hash", "CreateIndex", "ModifyIndex");

    private static readonly JsonShape PolicyListShape = new("ID", "Name", "Description", "Datacenters!", "Hash", "CreateIndex", "ModifyIndex");

    private static readonly JsonShape RoleShape = new(
        "ID", "Name", "Description", "Policies?", "ServiceIdentities?", "NodeIdentities?", "Hash", "CreateIndex", "ModifyIndex");

    /// <summary>Prints one token.</summary>
    public static int Token(Invocation call, Option<string?> format, JsonElement token) => Print(call, format, token, TokenShape, () => TokenText(token, isListed: false));

    /// <summary>Prints tokens.</summary>
    public static int Tokens(Invocation call, Option<string?> format, JsonElement tokens)
    {
        if (call.IsJson(format))
        {
            return call.Done(JsonShape.Print(tokens, TokenListShape));
        }

        foreach (var token in tokens.AsItems())
        {
            call.Done(TokenText(token, isListed: true));
        }

        return 0;
    }

    /// <summary>Prints one policy.</summary>
    public static int Policy(Invocation call, Option<string?> format, JsonElement policy) => Print(call, format, policy, PolicyShape, () =>
        $"ID:           {policy.Text("ID")}\nName:         {policy.Text("Name")}\nDescription:  {policy.Text("Description")}\nDatacenters:  {Datacenters(policy)}\nRules:\n{policy.Text("Rules")}");

    /// <summary>Prints policies.</summary>
    public static int Policies(Invocation call, Option<string?> format, JsonElement policies) => Print(call, format, policies, PolicyListShape, () =>
        string.Concat(policies.AsItems().Select(static policy =>
            $"{policy.Text("Name")}:\n{Indent}ID:           {policy.Text("ID")}\n{Indent}Description:  {policy.Text("Description")}\n{Indent}Datacenters:  {Datacenters(policy)}\n")));

    /// <summary>Prints one role.</summary>
    public static int Role(Invocation call, Option<string?> format, JsonElement role) => Print(call, format, role, RoleShape, () =>
        $"ID:           {role.Text("ID")}\nName:         {role.Text("Name")}\nDescription:  {role.Text("Description")}\n{Links(role, string.Empty)}");

    /// <summary>Prints roles.</summary>
    public static int Roles(Invocation call, Option<string?> format, JsonElement roles) => Print(call, format, roles, RoleShape, () =>
        string.Concat(roles.AsItems().Select(static role =>
            $"{role.Text("Name")}:\n{Indent}ID:           {role.Text("ID")}\n{Indent}Description:  {role.Text("Description")}\n{Links(role, Indent)}")));

    /// <summary>Prints a value as text, or as JSON in a shape.</summary>
    /// <param name="call">Where.</param>
    /// <param name="format">The flag that says which.</param>
    /// <param name="value">It.</param>
    /// <param name="shape">Of it, or of the elements of a list.</param>
    /// <param name="text">Makes the text; a line end is added. Nothing is printed when it is empty.</param>
    public static int Print(Invocation call, Option<string?> format, JsonElement value, JsonShape shape, Func<string> text)
    {
        if (call.IsJson(format))
        {
            return call.Done(JsonShape.Print(value, shape));
        }

        return text() is { Length: > 0 } printed ? call.Done(printed) : 0;
    }

    /// <summary>A time as Go prints it.</summary>
    public static string Time(JsonElement json, string name) => json.Text(name) is [.., 'Z'] text ? text[..^1].Replace('T', ' ') + " +0000 UTC" : json.Text(name);

    private static string TokenText(JsonElement token, bool isListed)
    {
        var text = new StringBuilder();
        text.Append("AccessorID:       ").Append(token.Text("AccessorID")).Append('\n');
        text.Append("SecretID:         ").Append(token.Text("SecretID")).Append('\n');
        text.Append("Description:      ").Append(token.Text("Description")).Append('\n');
        text.Append("Local:            ").Append(token.Text("Local")).Append('\n');
        if (token.Text("AuthMethod") is { Length: > 0 } method)
        {
            text.Append("Auth Method:      ").Append(method).Append('\n');
        }

        text.Append("Create Time:      ").Append(Time(token, "CreateTime")).Append('\n');
        if (token.Text("ExpirationTime").Length > 0)
        {
            text.Append("Expiration Time:  ").Append(Time(token, "ExpirationTime")).Append('\n');
        }

        if (isListed)
        {
            text.Append("Legacy:           ").Append(token.IsTrue("Legacy") ? "true" : "false").Append('\n');
        }

        return text.Append(Links(token, string.Empty)).ToString();
    }

    private static string Links(JsonElement owner, string indent)
    {
        var text = new StringBuilder();
        Append("Policies", owner.Items("Policies").Select(static link => $"{link.Text("ID")} - {link.Text("Name")}"));
        Append("Roles", owner.Items("Roles").Select(static link => $"{link.Text("ID")} - {link.Text("Name")}"));
        Append("Service Identities", owner.Items("ServiceIdentities").Select(static one =>
            $"{one.Text("ServiceName")} (Datacenters: {(Datacenters(one) is { Length: > 0 } some ? some : "all")})"));
        Append("Node Identities", owner.Items("NodeIdentities").Select(static one => $"{one.Text("NodeName")} (Datacenter: {one.Text("Datacenter")})"));
        return text.ToString();

        void Append(string title, IEnumerable<string> lines)
        {
            foreach (var (position, line) in lines.Index())
            {
                text.Append(position == 0 ? $"{indent}{title}:\n" : string.Empty).Append(indent).Append(Indent).Append(line).Append('\n');
            }
        }
    }

    private static string Datacenters(JsonElement owner) => string.Join(", ", owner.Items("Datacenters").Select(static name => name.AsText()));
}
