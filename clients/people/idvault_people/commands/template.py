"""`idvault-people moderator template`: what the form of a sanction begins with."""

from typing import Annotated

import typer

from idvault_client.commands.output import AsJson, show
from idvault_client.sanctions import Degree, Ground, PlatformTemplate, SanctionCategory
from idvault_people.commands.cases import show_all
from idvault_people.commands.moderator_options import RequestId
from idvault_people.commands.output import reporting
from idvault_people.moderation.whole_list import every

_LONGEST_DAYS = 3_650

app = typer.Typer(no_args_is_help=True, help="Templates of sanctions: what a form begins with.")

TemplateId = Annotated[str, typer.Argument(metavar="TEMPLATE", help="The template's id.")]


@app.command("list")
def list_templates(context: typer.Context, json_option: AsJson = False) -> None:
    """Print the templates of your platform, oldest first."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        found = every(vault.sanctions.list_templates, "templates")
        show_all(found, "templates", shown=_shown, as_json=as_json)


@app.command("set")
def keep(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What your moderators call it.")],
    rule: Annotated[str, typer.Option(help="The rule that it is of, such as: terms 4.2.")],
    ground: Annotated[Ground, typer.Option(help="What a sanction is based on.")],
    category: Annotated[SanctionCategory, typer.Option(help="What the owner did.")],
    degree: Annotated[Degree, typer.Option(help="How hard it is.")],
    territory: Annotated[str, typer.Option(help="Where it applies, such as CN.")],
    redress: Annotated[str, typer.Option(help="How the owner can appeal.")],
    measure: Annotated[str, typer.Option(help="For LIMIT: your code for how publishing is limited.")] = "",
    days: Annotated[
        int, typer.Option(min=0, max=_LONGEST_DAYS, help="Days until it ends; 0 for no end.")
    ] = 0,
    replace: Annotated[
        str, typer.Option(metavar="TEMPLATE", help="The id of the template that it replaces.")
    ] = "",
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Keep a template, which every moderator of your platform can choose from then on.

    It decides nothing: the desk fills its form with it, and a moderator signs what the form says then. It
    must name nobody.
    """
    template = PlatformTemplate(
        title=title,
        rule_reference=rule,
        ground=ground,
        category=category,
        degree=degree,
        territory=territory,
        redress=redress,
        measure=measure,
        days=days,
        template_id=replace,
    )
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        show(_shown(vault.sanctions.set_template(template, request_id=request_id)), as_json=as_json)


@app.command()
def delete(
    context: typer.Context, template_id: TemplateId, request_id: RequestId = None, json_option: AsJson = False
) -> None:
    """Delete a template; sanctions that began with it stay."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        vault.sanctions.delete_template(template_id, request_id=request_id)
        show({"deleted": template_id}, as_json=as_json)


def _shown(template: PlatformTemplate) -> dict[str, object]:
    return {
        "template_id": template.template_id,
        "title": template.title,
        "rule": template.rule_reference,
        "ground": template.ground,
        "category": template.category,
        "degree": template.degree,
        "measure": template.measure or None,
        "days": template.days or None,
        "territory": template.territory,
        "redress": template.redress,
    }
